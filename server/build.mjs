/**
 * Makes what is made from other files, and only what is out of date:
 *
 *   prisma/generated   the database client      from prisma/schema.prisma
 *   schema.graphql     the contract             from schema/*.ts, only with --generate
 *   docs               tables of the code       from docs/print.ts, only with --generate
 *   client/gql         typed GraphQL documents  from schema/schema.graphql and the client's files
 *   dist/client        the dashboard            from client/gql and the client's files
 *   dist               the server and commands  from server/main/*.ts and all that they import
 *
 * Each generated folder holds a stamp, the hash of what it was made from. Times would not do: in
 * a fresh clone they are those of the clone.
 *
 * --generate  writes the contract and docs too, which are committed, and leaves dist alone
 * --frozen    fails when generating changes a file that git tracks: it was committed out of date
 * --watch     then runs the server, and again whenever it or the dashboard changes
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { build } from 'esbuild';

process.chdir(join(import.meta.dirname, '..'));
// Where Prisma looks for its generators; npm sets this too, a plain `node server/build.mjs` not.
process.env.PATH = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`;
const options = new Set(process.argv.slice(2));

const changesBefore = trackedChanges();
generate('prisma/generated', ['prisma/schema.prisma', 'prisma.config.ts'], 'prisma', ['generate']);
if (options.has('--generate')) {
  run('tsx', ['schema/print.ts']);
  run('tsx', ['docs/print.ts']);
}
generateDocuments();
if (options.has('--frozen') && trackedChanges() !== changesBefore) {
  fail('Generating changed files that git tracks, see `git diff`. Commit them as they are now.');
}
if (!options.has('--generate')) {
  buildClient();
  await bundle();
}
if (options.has('--watch')) serveAndWatch();

function generateDocuments() {
  const sources = ['codegen.ts', 'schema/schema.graphql', ...clientFiles(/\.tsx?$/)];
  // Of the client's files only the documents count: most changes are of something else.
  const documentsOf = (text, path) =>
    path.startsWith('client/') ? String(text.match(/graphql\(\s*`[^`]*`/g)) : text;
  const args = ['--config', 'codegen.ts'];
  generate('client/gql', sources, '@graphql-codegen/cli', args, documentsOf);
}

function buildClient() {
  const sources = ['tsconfig.json', 'schema/schema.graphql', ...clientFiles(/\.\w+$/)];
  const config = ['--config', 'client/vite.config.ts'];
  generate('dist/client', sources, 'vite', ['build', ...config, '--logLevel', 'warn']);
}

/** tsx starts the server again when a file of its own, or the dashboard that it serves, is new. */
function serveAndWatch() {
  const args = ['watch', '--clear-screen=false', '--include', 'dist/client/index.html'];
  const server = spawn(process.execPath, [findProgram('tsx'), ...args, 'server/main/serve.ts'], {
    stdio: 'inherit',
  });
  server.on('exit', (code) => process.exit(code ?? 1));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));

  let timer;
  const isOurs = (path) => !/(^|\/)gql\//.test(path) && !path.startsWith('demo/');
  watch('client', { recursive: true }, (_event, path) => {
    if (!path || !isOurs(path)) return;
    clearTimeout(timer);
    timer = setTimeout(rebuildClient, 50); // an editor writes one file several times
  });
}

/** In a process of its own, so that a mistake in the client ends that and not the watching. */
function rebuildClient() {
  spawnSync(process.execPath, ['server/build.mjs'], { stdio: 'inherit' });
}

/**
 * Runs a generator, unless the stamp says that the folder was made from these very sources: from what
 * `read` takes of each, all of it unless given.
 */
function generate(folder, sources, tool, args, read = (text) => text) {
  const hash = createHash('sha256');
  // The lock file stands for the versions of the generators.
  for (const path of ['package-lock.json', ...sources]) {
    hash
      .update(`${path}\0`)
      .update(read(readFileSync(path, 'latin1'), path))
      .update('\0');
  }
  const stamp = { path: join(folder, '.stamp'), text: `${hash.digest('hex')}\n` };
  if (existsSync(stamp.path) && readFileSync(stamp.path, 'utf8') === stamp.text) return;

  process.stdout.write(`Generating ${folder}\n`);
  run(tool, args);
  writeFileSync(stamp.path, stamp.text);
}

/** Runs a tool of npm's. Its output is shown where it fails. */
function run(tool, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [findProgram(tool), ...args]);
  if (status !== 0) fail(`${stdout}${stderr}\n${tool} failed.`);
}

/** Bundles our own files alone: packages stay in node_modules. Takes milliseconds, so always. */
async function bundle() {
  const entryPoints = readdirSync('server/main').filter((name) => name.endsWith('.ts'));
  await build({
    entryPoints: entryPoints.map((name) => join('server/main', name)),
    outdir: 'dist',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
}

/** The client's own files with such names, in a stable order. */
function clientFiles(names) {
  return readdirSync('client', { recursive: true })
    .map((path) => `client/${path.split(sep).join('/')}`)
    .filter((path) => names.test(path) && !path.split('/').includes('gql'))
    .sort();
}

/** The script behind a package's command. */
function findProgram(tool) {
  const manifest = createRequire(import.meta.url).resolve(`${tool}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(
    dirname(manifest),
    typeof bin === 'string' ? bin : (bin[tool] ?? bin['graphql-codegen']),
  );
}

/** Empty outside a git repository. */
function trackedChanges() {
  return spawnSync('git', ['diff'], { maxBuffer: 2 ** 28 }).stdout?.toString() ?? '';
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
