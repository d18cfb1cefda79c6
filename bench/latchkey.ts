/** The server under test, as a user starts it, and what an integrator sets up in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, type Program, startProgram } from './processes.ts';

export interface Latchkey {
  program: Program;
  port: number;
  /** Of the embedded database: for counting rows afterwards, and for inserting without Latchkey. */
  databaseUrl: string;
}

export interface Project {
  id: string;
  workspaceId: string;
  /** Of production, as all that follows. */
  environmentId: string;
  keyId: string;
  secret: string;
}

/** Starts it with an empty embedded database in a directory of its own. */
export async function startLatchkey(nodeArgs: string[] = []): Promise<Latchkey> {
  const dataDir = await makeDirectory();
  const unset = ['HOST', 'PUBLIC_URL', 'DATABASE_URL', 'DATABASE_POOL_MAX', 'MASTER_KEY'];
  const program = startProgram('dist/serve.js', {
    nodeArgs,
    env: {
      // Empty rather than absent: an `.env` file in the working directory would fill absent ones.
      ...Object.fromEntries([...unset, 'SIGN_UP', 'TRUSTED_PROXIES'].map((name) => [name, ''])),
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
    },
  });
  const [, url = ''] = await program.says(/ready at (\S+)/);
  const read = async (name: string) =>
    (await readFile(join(dataDir, 'postgres-18', name), 'utf8')).trim();
  const password = encodeURIComponent(await read('password'));
  const databaseUrl = `postgresql://postgres:${password}@127.0.0.1:${await read('port')}/latchkey`;
  return { program, port: Number(new URL(url).port), databaseUrl };
}

/** Whose the projects are. */
export const account = {
  name: 'Ada',
  email: 'ada@example.com',
  password: 'correct horse battery',
};

/** Signs up and creates projects, by the API alone. */
export async function createProjects(
  { port }: Pick<Latchkey, 'port'>,
  count: number,
): Promise<Project[]> {
  const signedUp = await send(
    port,
    `mutation ($input: SignUpInput!) { signUp(input: $input) {
      __typename ... on SignUpPayload { viewer { __typename } } } }`,
    account,
  );
  const cookie = signedUp.cookie.split(';', 1)[0] ?? '';
  const projects: Project[] = [];
  for (let n = 1; n <= count; n += 1) {
    const { payload } = await send(
      port,
      `mutation ($input: CreateProjectInput!) { createProject(input: $input) {
        __typename
        ... on CreateProjectPayload {
          secret project { id workspace { id } } secretKey { id environment { id } } } } }`,
      { name: `Project ${n}` },
      cookie,
    );
    const { secret, project, secretKey } = payload;
    projects.push({
      id: project.id,
      workspaceId: project.workspace.id,
      environmentId: secretKey.environment.id,
      keyId: secretKey.id,
      secret,
    });
  }
  return projects;
}

/** One mutation. @throws {Error} whatever comes back but its payload */
export async function send(port: number, query: string, input: object, cookie = '') {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
    body: JSON.stringify({ query, variables: { input } }),
    redirect: 'error',
  });
  const text = await response.text();
  const { data } = JSON.parse(text);
  const [payload] = Object.values(data ?? {}) as Record<string, never>[];
  if (!String(payload?.__typename).endsWith('Payload')) throw new Error(`Set-up failed: ${text}`);
  // biome-ignore lint/suspicious/noExplicitAny: each query has a shape of its own
  return { payload: payload as any, cookie: response.headers.get('set-cookie') ?? '' };
}
