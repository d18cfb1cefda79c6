import { LastOwnerError } from '../errors.ts';
import type { LockedWorkspace } from './lock.ts';

/** @throws {LastOwnerError} without this member as an owner the workspace would have none */
export function demandOwnerLeft({ roles }: LockedWorkspace, userId: string): void {
  const owners = [...roles].filter(([, role]) => role === 'OWNER').map(([id]) => id);
  if (owners.length === 1 && owners[0] === userId) throw new LastOwnerError();
}
