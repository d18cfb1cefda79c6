import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import type { Actor, Client } from '../../server/domain/actor.ts';
import type { Tools } from '../../server/domain/call.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
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

/** The same for servers in processes of their own: with what they are started with. */
export async function setUpProcesses() {
  const bytes = randomBytes(32);
  const { url } = await createTestDatabase();
  const tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
  afterAll(() => closeDb(tools.db));
  const settings = {
    DATABASE_URL: url,
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
    PUBLIC_URL: 'http://localhost:4000',
  };
  return { tools, settings };
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
