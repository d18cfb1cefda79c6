import { randomBytes } from 'node:crypto';
import type { Role } from '../../../prisma/generated/enums.ts';
import { signOut } from '../accounts/sign-out.ts';
import { signUp } from '../accounts/sign-up.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { updateWorkspace } from '../workspaces/update.ts';

export interface SeederOptions {
  /** Null: whoever owns or administers the workspace. */
  email: string | null;
  /** Null: that of the project, else the oldest that the user owns or administers. */
  workspaceId: string | null;
  projectId: string | null;
  days: number;
}

export interface Seeder {
  workspaceId: string;
  workspaceName: string;
  logRetentionDays: number;
  email: string;
  /** Of an account that was made for it; null where there was one. */
  password: string | null;
}

const emailDefault = 'demo@example.com';

/**
 * Finds in whose name and in which workspace history is to happen, and makes the call that user's. Where
 * there is no account yet, or none with the email, it makes one, with a workspace that keeps for long
 * enough what is seeded.
 *
 * @throws {Error} no such workspace or project, the user may not make projects there, or the workspace
 *   keeps sessions for less long
 * @throws {SignUpClosedError} an account would have to be made
 * @throws {ValidationError} the email is none
 */
export async function becomeSeeder(call: Call, options: SeederOptions): Promise<Seeder> {
  const { email, days } = options;
  const workspaceId = await findNamedWorkspace(call, options);
  const found = await findSeeder(call, email, workspaceId);
  if (!found) {
    if (workspaceId !== null) {
      throw new Error(`Making projects in ${workspaceId} takes an owner or admin of it.`);
    }
    if (email !== null && (await hasAccount(call, email))) {
      throw new Error(`${email} has an account, and is owner or admin of no workspace.`);
    }
    return makeSeeder(call, email ?? emailDefault, days);
  }
  const { userId, name, role, sessionRetentionDays, ...seeder } = found;
  if (days > sessionRetentionDays) {
    throw new Error(
      `The workspace "${seeder.workspaceName}" keeps sessions for ${sessionRetentionDays} days. Ask for fewer --days, or let it keep them for longer.`,
    );
  }
  call.actor = {
    kind: 'user',
    id: userId,
    name,
    email: seeder.email,
    signInId: null,
    accessToken: null,
    narrowedTo: null,
    memberships: new Map([[seeder.workspaceId, role]]),
  };
  return { ...seeder, password: null };
}

/** The workspace that was asked for, by itself or by its project; null: any. */
async function findNamedWorkspace(
  { db }: Call,
  { workspaceId, projectId }: SeederOptions,
): Promise<string | null> {
  if (projectId !== null) {
    const isId = kindOfId(projectId) === 'project';
    const project = isId ? await db.project.findUnique({ where: { id: projectId } }) : null;
    if (!project) throw new Error(`There is no project ${projectId}. Ids begin with prj_.`);
    if (workspaceId !== null && workspaceId !== project.workspaceId) {
      throw new Error(`The project ${projectId} is of another workspace than ${workspaceId}.`);
    }
    return project.workspaceId;
  }
  if (workspaceId === null) return null;
  const isId = kindOfId(workspaceId) === 'workspace';
  const workspace = isId ? await db.workspace.findUnique({ where: { id: workspaceId } }) : null;
  if (!workspace) throw new Error(`There is no workspace ${workspaceId}. Ids begin with wsp_.`);
  return workspaceId;
}

interface FoundSeeder extends Omit<Seeder, 'password'> {
  userId: string;
  name: string;
  role: Role;
  sessionRetentionDays: number;
}

async function findSeeder(
  { db }: Call,
  email: string | null,
  workspaceId: string | null,
): Promise<FoundSeeder | null> {
  const { rows } = await db.$pool.query<FoundSeeder>(
    `SELECT u.id AS "userId", u.name, u.email, m.role, w.id AS "workspaceId", w.name AS "workspaceName",
       w.log_retention_days AS "logRetentionDays", w.session_retention_days AS "sessionRetentionDays"
     FROM memberships m JOIN users u ON u.id = m.user_id JOIN workspaces w ON w.id = m.workspace_id
     WHERE m.role IN ('OWNER', 'ADMIN') AND ($1::text IS NULL OR lower(u.email) = lower($1))
       AND ($2::text IS NULL OR w.id = $2)
     ORDER BY w.created_at, w.id, m.role = 'OWNER' DESC, m.since, u.id LIMIT 1`,
    [email, workspaceId],
  );
  return rows[0] ?? null;
}

async function hasAccount({ db }: Call, email: string): Promise<boolean> {
  const { rows } = await db.$pool.query('SELECT FROM users WHERE lower(email) = lower($1)', [
    email,
  ]);
  return rows.length > 0;
}

async function makeSeeder(call: Call, email: string, days: number): Promise<Seeder> {
  const password = randomBytes(12).toString('base64url');
  const actor = await signUp(call, { email, password, name: 'Demo' });
  const [workspaceId] = actor.memberships.keys();
  const workspace = await call.db.workspace.findUniqueOrThrow({ where: { id: workspaceId! } });
  const { id, version, name, logRetentionDays, sessionRetentionDays } = workspace;
  if (days > logRetentionDays || days > sessionRetentionDays) {
    await updateWorkspace(call, {
      id,
      version,
      logRetentionDays: Math.max(days, logRetentionDays),
      sessionRetentionDays: Math.max(days, sessionRetentionDays),
    });
  }
  await signOut(call, {}); // there is no browser
  call.actor = { ...actor, signInId: null };
  return {
    workspaceId: id,
    workspaceName: name,
    logRetentionDays: Math.max(days, logRetentionDays),
    email,
    password,
  };
}
