import { z } from 'zod';
import { demand, mayCreateProject, requireUser } from '../access.ts';
import type { UserActor } from '../actor.ts';
import { insertApiKey } from '../api-keys/create.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { invalid, nameText, validate } from '../validation.ts';
import { insertEndpoint } from '../webhooks/create.ts';
import { allEventTypes, endpointUrl } from '../webhooks/rules.ts';

export interface CreateProjectInput {
  name: string;
  workspaceId?: string | null;
  /** Of an endpoint of Production, for all types. */
  webhookUrl?: string | null;
}

export interface CreatedProject {
  projectId: string;
  secretKeyId: string;
  publishableKeyId: string;
  /** The value of Production's secret key; nobody can read it again. */
  secret: string;
}

/**
 * Creates a project with two environments, in one transaction: Production with a secret and a
 * publishable key, Development with a publishable key.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such workspace
 * @throws {ForbiddenError} the role is below Admin
 * @throws {ValidationError} the name or the webhook URL breaks a rule, or it is open which workspace is meant
 */
export async function createProject(
  call: Call,
  input: CreateProjectInput,
): Promise<CreatedProject> {
  const user = requireUser(call);
  const workspaceId = input.workspaceId ?? onlyWorkspace(user);
  if (!user.memberships.has(workspaceId)) throw new NotFoundError('The workspace');
  demand(mayCreateProject(call, workspaceId), 'Creating projects takes the role Admin or higher.');
  const rules = z.object({ name: nameText(), webhookUrl: endpointUrl(call).nullish() });
  const { name, webhookUrl } = validate(rules, input);

  const projectId = newId('project');
  const [production, development] = [newId('environment'), newId('environment')];
  const createdById = user.id;
  return call.db.$transaction(async (tx) => {
    // Held, so that the workspace cannot be deleted between this look and the end.
    const [held] = await tx.$queryRaw<object[]>`
      SELECT id FROM workspaces WHERE id = ${workspaceId} FOR KEY SHARE`;
    if (!held) throw new NotFoundError('The workspace');
    await tx.project.create({
      data: { id: projectId, workspaceId, name, defaultEnvironmentId: production },
      select: { id: true },
    });
    await tx.environment.createMany({
      data: [
        {
          id: production,
          projectId,
          name: 'Production',
          kind: 'PRODUCTION',
          testConfirmations: false,
        },
        {
          id: development,
          projectId,
          name: 'Development',
          kind: 'DEVELOPMENT',
          testConfirmations: true,
        },
      ],
    });
    const place = { workspaceId, projectId, createdById };
    const live = { ...place, environmentId: production, kind: 'PRODUCTION' } as const;
    const secretKey = await insertApiKey(call, tx, { ...live, type: 'SECRET', name: 'Secret key' });
    const publishableKey = await insertApiKey(call, tx, {
      ...live,
      type: 'PUBLISHABLE',
      name: 'Publishable key',
    });
    await insertApiKey(call, tx, {
      ...place,
      environmentId: development,
      kind: 'DEVELOPMENT',
      type: 'PUBLISHABLE',
      name: 'Publishable key',
    });
    await recordLog(tx, call, {
      type: 'project.created',
      message: `Project "${name}" created.`,
      workspaceId,
      projectId,
      data: { after: { name } },
    });
    if (webhookUrl != null) {
      const place = { workspaceId, projectId, environmentId: production };
      await insertEndpoint(tx, call, { ...place, url: webhookUrl, eventTypes: allEventTypes });
    }
    return {
      projectId,
      secretKeyId: secretKey.id,
      publishableKeyId: publishableKey.id,
      secret: secretKey.value,
    };
  });
}

/** The workspace need not be named by who has only one. */
function onlyWorkspace({ memberships }: UserActor): string {
  const [only, ...others] = memberships.keys();
  if (only !== undefined && others.length === 0) return only;
  return invalid(
    'workspaceId',
    only === undefined ? 'You are in no workspace.' : 'You are in several: say which.',
  );
}
