import type { Prisma } from '../../../prisma/generated/client.ts';
import type { EnvironmentKind, StartedWith } from '../../../prisma/generated/enums.ts';
import type { Db, Tx } from '../../platform/db.ts';

export interface PlaceKey {
  id: string;
  name: string;
}

/** A way to start a session. */
export interface Door {
  with: StartedWith;
  /** Null without one. */
  key: PlaceKey | null;
  weight: number;
}

/** An environment in which history is to happen, with what the product would allow there. */
export interface Place {
  environmentId: string;
  projectId: string;
  testConfirmations: boolean;
  requireUserCode: boolean;
  lifetimeSeconds: number;
  doors: Door[];
  /** By which servers confirm. Without one nobody does, but where there are test confirmations. */
  secretKeys: PlaceKey[];
  weight: number;
}

const weightOfKind: Record<EnvironmentKind, number> = {
  PRODUCTION: 86,
  DEVELOPMENT: 9,
  STAGING: 4,
  CUSTOM: 4,
};
/** Each key of an environment is used less than the one before, in the order of their creation. */
const keyFalloff = 0.3;

/**
 * The environments, in the order of their creation, each as busy as its kind is, and each project half
 * as busy as the one before.
 */
export async function readPlaces(
  db: Db | Tx,
  where: Prisma.EnvironmentWhereInput,
): Promise<Place[]> {
  const environments = await db.environment.findMany({
    where,
    include: {
      project: true,
      apiKeys: {
        where: { active: true, expiresAt: null },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      },
    },
    orderBy: [
      { project: { createdAt: 'asc' } },
      { projectId: 'asc' },
      { createdAt: 'asc' },
      { id: 'asc' },
    ],
  });
  const projectIds = [...new Set(environments.map(({ projectId }) => projectId))];
  return environments.map(({ id, kind, projectId, project, apiKeys, testConfirmations }) => {
    const keysOf = (type: string) =>
      apiKeys.filter((key) => key.type === type).map((key) => ({ id: key.id, name: key.name }));
    const secretKeys = keysOf('SECRET');
    const isOpen = kind !== 'PRODUCTION' || project.publicAccess;
    const doors = [
      ...secretKeys.map((key, n) => door('SECRET_KEY', key, 6 * keyFalloff ** n)),
      ...(isOpen ? keysOf('PUBLISHABLE') : []).map((key, n) =>
        door('PUBLISHABLE_KEY', key, 5 * keyFalloff ** n),
      ),
    ];
    if (project.publicAccess && project.defaultEnvironmentId === id) {
      doors.push(door('PROJECT_ID', null, 1));
    }
    if (kind !== 'PRODUCTION') doors.push(door('USER', null, 1));
    return {
      environmentId: id,
      projectId,
      testConfirmations,
      requireUserCode: project.requireUserCode,
      lifetimeSeconds: project.sessionLifetimeSeconds,
      doors,
      secretKeys,
      weight: doors.length === 0 ? 0 : weightOfKind[kind] * 0.5 ** projectIds.indexOf(projectId),
    };
  });
}

function door(startedWith: StartedWith, key: PlaceKey | null, weight: number): Door {
  return { with: startedWith, key, weight };
}
