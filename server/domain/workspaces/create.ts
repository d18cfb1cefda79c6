import { z } from 'zod';
import { requireSignedIn } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { demandRoomForWorkspace } from '../members/limits.ts';
import { setOwnRole } from '../members/own-role.ts';
import { nameText, validate } from '../validation.ts';

const rules = z.object({ name: nameText() });

/**
 * Creates a workspace, owned by who asks.
 *
 * @throws {UnauthenticatedError} @throws {ForbiddenError} an access token asks
 * @throws {ValidationError} the name breaks a rule, or the user belongs to as many as may be
 */
export async function createWorkspace(
  call: Call,
  input: { name: string },
): Promise<{ id: string }> {
  const user = requireSignedIn(call);
  const { name } = validate(rules, input);
  const id = newId('workspace');
  await call.db.$transaction(async (tx) => {
    await demandRoomForWorkspace(tx, user.id);
    await tx.workspace.create({
      data: { id, name, memberships: { create: { userId: user.id, role: 'OWNER' } } },
      select: { id: true },
    });
    await announce(tx, 'user', user.id);
    await recordLog(tx, call, {
      type: 'workspace.created',
      message: `Workspace "${name}" created.`,
      workspaceId: id,
      data: { after: { name } },
    });
  });
  setOwnRole(call, id, 'OWNER');
  return { id };
}
