import type { Role } from '../../prisma/generated/enums.ts';
import { authenticateAccessToken } from '../../server/domain/access-tokens/authenticate.ts';
import {
  type CreateAccessTokenInput,
  createAccessToken,
} from '../../server/domain/access-tokens/create.ts';
import { authenticateSignIn } from '../../server/domain/accounts/authenticate-sign-in.ts';
import type { Tools } from '../../server/domain/call.ts';
import { type SignedUp, signUpSomebody } from './accounts.ts';
import { callAs, type TestCall } from './call.ts';
import type { GraphQLOptions } from './server.ts';

export const roles = ['OWNER', 'ADMIN', 'DEVELOPER', 'VIEWER'] as const satisfies Role[];

/** The workspace that somebody got with their account. */
export function ownWorkspace({ actor }: SignedUp): string {
  const [first] = actor.memberships.keys();
  return first!;
}

/** Gives somebody a role in a workspace, or takes it, past all rules. */
export async function setRole(
  { db }: Pick<Tools, 'db'>,
  userId: string,
  workspaceId: string,
  role: Role | null,
): Promise<void> {
  await db.membership.deleteMany({ where: { userId, workspaceId } });
  if (role) await db.membership.create({ data: { userId, workspaceId, role } });
}

/** Somebody new who is a member of the workspace. */
export async function addMember(tools: Tools, workspaceId: string, role: Role): Promise<SignedUp> {
  const person = await signUpSomebody(tools);
  await setRole(tools, person.actor.id, workspaceId, role);
  return person;
}

/** A request of somebody's browser, with the roles they have now. */
export async function callOf(tools: Tools, { token }: SignedUp): Promise<TestCall> {
  const actor = await authenticateSignIn(tools, token);
  if (!actor) throw new Error('The sign-in has ended.');
  return callAs(tools, actor);
}

/** A new access token of somebody's. */
export async function giveToken(
  tools: Tools,
  person: SignedUp,
  input: Partial<CreateAccessTokenInput> = {},
): Promise<{ id: string; token: string }> {
  const call = await callOf(tools, person);
  return createAccessToken(call, { name: 'CI', scope: 'WRITE', ...input });
}

/** A request with an access token. */
export async function callWithToken(tools: Tools, token: string): Promise<TestCall> {
  return callAs(tools, await authenticateAccessToken(tools, token));
}

/** Who asks over HTTP with an access token. */
export function withToken(token: string, headers: Record<string, string> = {}): GraphQLOptions {
  return { headers: { authorization: `Bearer ${token}`, ...headers } };
}

/** What became of each: the code of its error, or "done". */
export async function outcomes(attempts: Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(attempts);
  return settled.map((each) => (each.status === 'fulfilled' ? 'done' : each.reason.code));
}

/** What became of one. */
export async function outcome(attempt: Promise<unknown>): Promise<string> {
  const [only] = await outcomes([attempt]);
  return only!;
}
