#!/usr/bin/env node
/**
 * Prisma's schema engine as a Node program.
 *
 * Prisma's command line tool runs a native program for everything that touches the schema of
 * a database (`migrate`, `db`) and downloads it at first use, which fails on a machine that reaches
 * only an npm registry. npm carries the same engine as WebAssembly; this wraps it in the native
 * program's interface: JSON-RPC over stdin and stdout, one message a line, or a single command
 * after the word `cli`. `prisma.config.ts` names this file as the engine.
 *
 * It can go when Prisma's tool uses the WebAssembly engine by itself. Its interface is private to
 * Prisma, so try `migrate dev`, `deploy`, `diff`, `status` and `reset` after each upgrade.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const wasmDir = dirname(
  createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
);

/** PostgreSQL's `"char"`, which the catalogue uses and the adapter does not know, and its `text`. */
const OID_CHAR = 18;
const OID_TEXT = 25;

const options = readOptions(process.argv.slice(2));

function readOptions(args) {
  const found = { version: false, datamodels: [], url: null, command: null };
  for (let i = 0; i < args.length; i += 1) {
    if (args[i] === '--version') found.version = true;
    if (args[i] === '--datamodels') found.datamodels.push(args[++i]);
    if (args[i] === '--datasource') found.url = JSON.parse(args[++i]).url;
    if (args[i] === 'cli') found.command = args[++i];
  }
  return found;
}

/** The package's version ends in the commit of the engine: `7.10.0-4.<commit>`. */
function printVersion() {
  const { version } = JSON.parse(readFileSync(join(wasmDir, 'package.json'), 'utf8'));
  process.stdout.write(`schema-engine-cli ${version.split('.').at(-1)}\n`);
}

/** `can-connect-to-database`, `create-database` or `drop-database`, answered by the exit code. */
async function runCommand(command) {
  const database = decodeURIComponent(new URL(options.url).pathname.slice(1));
  try {
    if (command === 'can-connect-to-database') await execute(connectionString());
    else if (command === 'create-database') {
      await execute(connectionString('postgres'), `CREATE DATABASE ${quote(database)}`);
    } else {
      const drop = `DROP DATABASE IF EXISTS ${quote(database)} WITH (FORCE)`;
      await execute(connectionString('postgres'), drop);
    }
    log('INFO', 'Done.');
  } catch (error) {
    const wasThere = error.code === '42P04' || error.code === '23505';
    if (command === 'create-database' && wasThere) return;
    const prismaCodes = { '3D000': 'P1003', '28P01': 'P1000', ECONNREFUSED: 'P1001' };
    // Of what a command says, Prisma's tool passes over the first line.
    process.stderr.write('\n');
    log('ERROR', error.message, { error_code: prismaCodes[error.code] });
    process.exitCode = 1;
  }
}

async function execute(connectionString, statement = 'SELECT 1') {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The URL as `pg` takes it: `schema` is a parameter of Prisma's own. */
function connectionString(database) {
  const url = new URL(options.url);
  url.searchParams.delete('schema');
  if (database) url.pathname = `/${database}`;
  return url.href;
}

function quote(identifier) {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** Answers one JSON-RPC request a line until stdin ends and all are answered. */
function serve() {
  loadEngine();
  const schema = new URL(options.url).searchParams.get('schema') ?? 'public';
  const factory = bindMigrationAwareSqlAdapterFactory(
    // One connection, since the engine relies on its session: advisory lock, settings.
    new EngineAdapterFactory({ connectionString: connectionString(), max: 1 }, { schema }),
  );
  const datamodels = options.datamodels.map((path) => [path, readFileSync(path, 'utf8')]);
  let engine;
  const startEngine = () =>
    wasm.SchemaEngine.new(
      { datamodels: datamodels.length > 0 ? datamodels : undefined },
      () => {},
      factory,
    );

  let pending = 0;
  let closed = false;
  const exitWhenDone = () => {
    if (closed && pending === 0) process.exit(0);
  };
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', async (line) => {
    const { id, method, params } = line.trim() ? JSON.parse(line) : {};
    if (!method) return;
    pending += 1;
    try {
      engine ??= startEngine();
      send({ id, result: await call(await engine, method, params) });
    } catch (error) {
      send({ id, error: describe(error) });
    }
    pending -= 1;
    exitWhenDone();
  });
  lines.on('close', () => {
    closed = true;
    exitWhenDone();
  });
}

async function call(engine, method, params) {
  const name = method === 'getDatabaseVersion' ? 'version' : method;
  const result = await engine[name](params ?? undefined);
  if (method !== 'diff' || result?.stdout == null) return result ?? {};
  // The native engine prints a diff by a message of its own, before the answer.
  send({ id: randomUUID(), method: 'print', params: { content: result.stdout } });
  return { exitCode: result.exitCode, stdout: null };
}

function describe(error) {
  return {
    code: 4466,
    message: 'An error happened. Check the data field for details.',
    data: {
      is_panic: error?.name === 'RuntimeError',
      message: error?.message ?? String(error),
      error_code: error?.code ?? null,
      meta: error?.meta ?? null,
    },
  };
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** Prisma's tool reads these lines from stderr and shows the last error. */
function log(level, message, fields = {}) {
  const line = {
    timestamp: new Date().toISOString(),
    level,
    fields: { message, ...fields },
    target: 'schema_engine::logger',
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function loadEngine() {
  // Where the engine leaves its words before a Rust panic surfaces as a bare RuntimeError.
  const panic = { message: '', set_message: (message) => (panic.message = message) };
  globalThis.PRISMA_WASM_PANIC_REGISTRY = panic;
  process.on('uncaughtException', (error) => {
    log('ERROR', panic.message || error.message);
    process.exit(101);
  });
  const module = new WebAssembly.Module(readFileSync(join(wasmDir, 'schema_engine_bg.wasm')));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': wasm });
  wasm.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

class EngineAdapterFactory extends PrismaPg {
  async connect() {
    return adapt(await super.connect());
  }

  /** An empty database of its own, in which the engine replays the migrations. */
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    await execute(connectionString(), `CREATE DATABASE ${quote(database)}`);
    const shadow = await new PrismaPg({
      connectionString: connectionString(database),
      max: 1,
    }).connect();
    const dispose = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await dispose();
      await execute(connectionString(), `DROP DATABASE IF EXISTS ${quote(database)} WITH (FORCE)`);
    };
    return adapt(shadow);
  }
}

/** Makes two amends to the adapter, which was written for queries and not for migrations. */
function adapt(adapter) {
  // Scripts go to the server whole; the adapter would cut them at each semicolon.
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };

  // Columns of type "char" pass as text, and are then marked as what they are.
  let charColumns = [];
  const performIO = adapter.performIO.bind(adapter);
  adapter.performIO = async (query) => {
    const result = await performIO(query);
    const fields = result?.fields ?? [];
    charColumns = fields.flatMap((field, i) => (field.dataTypeID === OID_CHAR ? [i] : []));
    for (const i of charColumns) fields[i].dataTypeID = OID_TEXT;
    return result;
  };
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const i of charColumns) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
  return adapter;
}

// Last, because classes above exist only from their own line on.
if (options.version) printVersion();
else if (options.command) await runCommand(options.command);
else serve();
