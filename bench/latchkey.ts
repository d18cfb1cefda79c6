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

/** For the server and its commands, whatever our own settings are. */
export function latchkeySettings(dataDir: string): Record<string, string> {
  const unset = ['HOST', 'PUBLIC_URL', 'DATABASE_URL', 'DATABASE_POOL_MAX', 'MASTER_KEY'];
  return {
    // Empty rather than absent: an `.env` file in the working directory would fill absent ones.
    ...Object.fromEntries(
      [...unset, 'SIGN_UP', 'TRUSTED_PROXIES', 'ALLOW_PRIVATE_WEBHOOKS'].map((name) => [name, '']),
    ),
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
  };
}

/** Starts it on the embedded database of a directory; of a new one unless given. */
export async function startLatchkey({
  dataDir,
  nodeArgs = [],
  settings = {},
}: {
  dataDir?: string;
  nodeArgs?: string[];
  settings?: Record<string, string>;
} = {}): Promise<Latchkey> {
  dataDir ??= await makeDirectory();
  const program = startProgram('dist/serve.js', {
    nodeArgs,
    env: { ...latchkeySettings(dataDir), ...settings },
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
  const { cookie } = signedUp;
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

/** One query. @throws {Error} anything went wrong */
export async function ask(port: number, query: string, variables: object, cookie = '') {
  const { text } = await post(port, query, variables, cookie);
  const { data, errors } = JSON.parse(text);
  if (errors) throw new Error(`A query failed: ${query} ${JSON.stringify(variables)}\n${text}`);
  return data;
}

/** One mutation. @throws {Error} whatever comes back but its payload */
export async function send(port: number, query: string, input: object, cookie = '') {
  const { response, text } = await post(port, query, { input }, cookie);
  const { data } = JSON.parse(text);
  const [payload] = Object.values(data ?? {}) as Record<string, never>[];
  if (!String(payload?.__typename).endsWith('Payload')) throw new Error(`Set-up failed: ${text}`);
  const setCookie = response.headers.get('set-cookie') ?? '';
  // biome-ignore lint/suspicious/noExplicitAny: each query has a shape of its own
  return { payload: payload as any, cookie: setCookie.split(';', 1)[0] ?? '' };
}

async function post(port: number, query: string, variables: object, cookie: string) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
    body: JSON.stringify({ query, variables }),
    redirect: 'error',
  });
  return { response, text: await response.text() };
}
