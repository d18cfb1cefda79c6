import type { Actor, Client } from '../../server/domain/actor.ts';
import type { Tools } from '../../server/domain/call.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { type SignedUp, signUpSomebody } from './accounts.ts';
import { callAs, newAddress, nobody } from './call.ts';

export interface TestEnvironment {
  id: string;
  publishableValue: string;
}

export interface TestProject {
  id: string;
  workspaceId: string;
  owner: SignedUp;
  production: TestEnvironment & { secret: string };
  development: TestEnvironment;
}

/** A project as `createProject` makes it, of somebody new unless an owner is given. */
export async function createTestProject(tools: Tools, owner?: SignedUp): Promise<TestProject> {
  const by = owner ?? (await signUpSomebody(tools));
  const made = await createProject(callAs(tools, by.actor), { name: 'Shop' });
  const environments = await tools.db.environment.findMany({
    where: { projectId: made.projectId },
    include: { apiKeys: { where: { type: 'PUBLISHABLE' } } },
  });
  const environmentOf = (kind: string): TestEnvironment => {
    const environment = environments.find((each) => each.kind === kind)!;
    return { id: environment.id, publishableValue: environment.apiKeys[0]!.publishableValue! };
  };
  return {
    id: made.projectId,
    workspaceId: [...by.actor.memberships.keys()][0]!,
    owner: by,
    production: { ...environmentOf('PRODUCTION'), secret: made.secret },
    development: environmentOf('DEVELOPMENT'),
  };
}

/** The actor that a request with this key has. */
export async function actorOfKey(
  tools: Tools,
  value: string,
  client: Partial<Client> = {},
): Promise<Actor> {
  const { client: whole } = callAs(tools, nobody, { ip: newAddress(), ...client });
  const key = await tools.apiKeys.check(value, whole);
  return { kind: 'apiKey', key };
}
