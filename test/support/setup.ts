import { afterAll } from 'vitest';
import type { Actor, Client } from '../../server/domain/actor.ts';
import type { Tools } from '../../server/domain/call.ts';
import { closeDb } from '../../server/platform/db.ts';
import { callAs, createTestTools, type TestCall } from './call.ts';
import { createTestDatabase } from './database.ts';
import { actorOfKey } from './projects.ts';

/** A database for the test file and the tools of a process on it, both gone after the file. */
export async function setUpTools(overrides: Partial<Tools> = {}): Promise<Tools> {
  const { url } = await createTestDatabase();
  const tools = createTestTools(url, overrides);
  afterAll(() => closeDb(tools.db));
  return tools;
}

/** A request with this API key. */
export async function callWithKey(
  tools: Tools,
  value: string,
  client: Partial<Client> = {},
): Promise<TestCall> {
  const actor: Actor = await actorOfKey(tools, value, client);
  return callAs(tools, actor, client);
}
