import { demand, mayDeleteWorkspace, requireSignedIn } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { confirmByName, endSecretsOf, purgeLater } from '../deletion.ts';
import { recordLog } from '../log-entries.ts';
import { lockWorkspaceAs } from '../members/lock.ts';
import { setOwnRole } from '../members/own-role.ts';
import { purgeWebhooksLater } from '../webhooks/purge.ts';

export interface DeleteWorkspaceInput {
  id: string;
  /** The workspace's name, typed by who deletes it. */
  confirmName: string;
}

/** How long the transaction may take: with thousands of projects, more than Prisma's five seconds. */
const timeoutMs = 60_000;

/**
 * Deletes a workspace for ever, with everything in it, at once: no read, key, token or invitation of
 * it works once this returns. Sessions, logs and counts become unreachable, because every way to them
 * goes through the live environment or a membership, and are purged later.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such workspace
 * @throws {ForbiddenError} the role is below Owner, or an access token asks
 * @throws {ConfirmationNameMismatchError} the name is another
 */
export async function deleteWorkspace(
  call: Call,
  { id, confirmName }: DeleteWorkspaceInput,
): Promise<{ deletedId: string }> {
  const user = requireSignedIn(call);
  await call.db.$transaction(
    async (tx) => {
      // Stronger than what changes of members take: nothing new may come into it either.
      await tx.$queryRaw`SELECT id FROM workspaces WHERE id = ${id} FOR UPDATE`;
      const { workspace, asNow } = await lockWorkspaceAs(tx, user, id);
      demand(mayDeleteWorkspace(asNow, id), 'Deleting a workspace takes the role Owner.');
      confirmByName(confirmName, workspace.name, 'workspace');
      // In the order in which others lock them. Held, so that no environment is added meanwhile.
      const projects = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM projects WHERE workspace_id = ${id} ORDER BY id FOR UPDATE`;
      const environments = await tx.environment.findMany({
        where: { project: { workspaceId: id } },
        select: { id: true },
      });
      await endSecretsOf(tx, idsOf(environments));
      await purgeWebhooksLater(tx, idsOf(environments));
      await tx.workspace.delete({ where: { id }, select: { id: true } });
      await purgeLater(tx, [...idsOf(environments), ...idsOf(projects), id]);
      await announce(tx, 'workspace', id);
      // For whoever runs the server, until it is purged: no member is left to read it.
      await recordLog(tx, call, {
        type: 'workspace.deleted',
        message: `Workspace "${workspace.name}" deleted.`,
        workspaceId: id,
        data: { before: { name: workspace.name } },
      });
    },
    { timeout: timeoutMs },
  );
  setOwnRole(call, id, null);
  return { deletedId: id };
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
