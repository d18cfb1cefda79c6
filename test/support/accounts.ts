import { signUp } from '../../server/domain/accounts/sign-up.ts';
import type { Client, SignedInUser } from '../../server/domain/actor.ts';
import type { Tools } from '../../server/domain/call.ts';
import { callAs, newAddress, nobody } from './call.ts';

export const password = 'correct horse battery';

let people = 0;

export interface SignedUp {
  actor: SignedInUser;
  email: string;
  /** What the browser's cookie holds. */
  token: string;
  /** Where the user signed up from, which limits know as familiar. */
  ip: string;
}

/** Somebody new, with an account, a workspace of their own and a browser that is signed in. */
export async function signUpSomebody(
  tools: Tools,
  client: Partial<Client> = {},
): Promise<SignedUp> {
  people += 1;
  const email = `Person.${people}@example.com`;
  const ip = client.ip ?? newAddress();
  const call = callAs(tools, nobody, { ...client, ip });
  const actor = await signUp(call, { email, password, name: `Person ${people}` });
  return { actor, email, token: call.signInCookie.token!, ip };
}
