import type { Prisma, WebhookEndpoint } from '../../../prisma/generated/client.ts';
import { readableProjects, readableWebhookEndpoints } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** The endpoint, if the actor may see it; null otherwise. */
export async function findWebhookEndpoint<Args extends Prisma.WebhookEndpointDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.WebhookEndpointGetPayload<Args> | null> {
  if (kindOfId(id) !== 'webhookEndpoint') return null;
  return call.db.webhookEndpoint.findFirst({
    ...query,
    where: { id, AND: readableWebhookEndpoints(call) },
  }) as Promise<Prisma.WebhookEndpointGetPayload<Args> | null>;
}

/** Like findWebhookEndpoint, many in one statement. */
export const loadWebhookEndpoint = gathered(
  (call, ids) =>
    call.db.webhookEndpoint.findMany({
      where: { id: { in: [...ids] }, AND: readableWebhookEndpoints(call) },
    }),
  ({ id }) => id,
);

/** The endpoints of an environment that the actor may see, oldest first. */
export async function listWebhookEndpoints(
  call: Call,
  environmentId: string,
): Promise<WebhookEndpoint[]> {
  return (await loadOfEnvironment(call, environmentId))?.endpoints ?? [];
}

const loadOfEnvironment = gathered<{ environmentId: string; endpoints: WebhookEndpoint[] }>(
  async (call, ids) => {
    const endpoints = await call.db.webhookEndpoint.findMany({
      where: { environmentId: { in: [...ids] }, AND: readableWebhookEndpoints(call) },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return ids.map((environmentId) => ({
      environmentId,
      endpoints: endpoints.filter((endpoint) => endpoint.environmentId === environmentId),
    }));
  },
  ({ environmentId }) => environmentId,
);

/** The URL of the oldest endpoint of a project's default environment; null without one to see. */
export async function findProjectWebhookUrl(call: Call, projectId: string): Promise<string | null> {
  return (await loadOfDefault(call, projectId))?.url ?? null;
}

const loadOfDefault = gathered<{ projectId: string; url: string }>(
  async (call, projectIds) => {
    const projects = await call.db.project.findMany({
      where: { id: { in: [...projectIds] }, AND: readableProjects(call) },
      select: {
        id: true,
        defaultEnvironment: {
          select: {
            webhookEndpoints: {
              where: readableWebhookEndpoints(call),
              orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
              take: 1,
              select: { url: true },
            },
          },
        },
      },
    });
    return projects.flatMap(({ id: projectId, defaultEnvironment }) =>
      defaultEnvironment.webhookEndpoints.map(({ url }) => ({ projectId, url })),
    );
  },
  ({ projectId }) => projectId,
);

export interface WebhookState {
  id: string;
  consecutiveFailures: number;
  lastSuccessAt: Date | null;
  /** Until when an earlier secret signs too. */
  secretRotationEndsAt: Date | null;
}

/** How endpoints fare, by the database's clock. Of endpoints that were found to be readable. */
export const loadWebhookState = gathered<WebhookState>(
  async (call, ids) => {
    const { rows } = await call.db.$pool.query<WebhookState>(
      `SELECT h.endpoint_id AS id, h.consecutive_failures AS "consecutiveFailures",
         h.last_success_at AS "lastSuccessAt",
         (SELECT max(s.ends_at) FROM webhook_secrets s WHERE s.endpoint_id = h.endpoint_id AND s.ends_at > now())
           AS "secretRotationEndsAt"
       FROM webhook_health h WHERE h.endpoint_id = ANY ($1)`,
      [ids],
    );
    return rows;
  },
  ({ id }) => id,
);
