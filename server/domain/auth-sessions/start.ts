import { isIP } from 'node:net';
import { z } from 'zod';
import { refusal } from '../api-keys/refusal.ts';
import type { Call } from '../call.ts';
import {
  IdempotencyMismatchError,
  NotFoundError,
  ProjectInactiveError,
  PublicAccessDisabledError,
  RateLimitedError,
} from '../errors.ts';
import { newId } from '../ids.ts';
import { invalid, jsonValue, storableText, validate } from '../validation.ts';
import { confirmUrlOf } from './channels.ts';
import { type Door, findDoor, noteRefusal } from './door.ts';
import { readSessionByIdempotencyKey } from './find.ts';
import { digestOfInput, forgetIdempotencyKey } from './idempotency.ts';
import type { Started, StartRefusal } from './insert.ts';
import { originOf } from './origin.ts';
import { countPublicStart, tooManyPending } from './public-starts.ts';
import type { SessionRecord } from './record.ts';
import { checkReturnUrl } from './return-url.ts';
import { clientSecretOf, linkTokenOf, newUserCode } from './secrets.ts';

export interface StartSessionInput {
  projectId?: string | null;
  environmentId?: string | null;
  metadata?: unknown;
  nonce?: string | null;
  returnUrl?: string | null;
  idempotencyKey?: string | null;
  endUserIp?: string | null;
  endUserAgent?: string | null;
}

/** A started session with what opens it, which is derived when it is asked for. */
export class StartedSession {
  readonly session: SessionRecord;
  readonly #call: Call;

  constructor(call: Call, session: SessionRecord) {
    this.#call = call;
    this.session = session;
  }

  get clientSecret(): string {
    const { id, masterKeyId } = this.session;
    return clientSecretOf(this.#call.masterKeys, id, masterKeyId);
  }

  get linkToken(): string {
    const { id, masterKeyId } = this.session;
    return linkTokenOf(this.#call.masterKeys, id, masterKeyId);
  }

  /** Where its user confirms; carries the link token. */
  get confirmUrl(): string {
    return confirmUrlOf(this.#call, this.session);
  }

  /** The same as a QR code, SVG. */
  get qrCodeUrl(): string {
    return `${this.confirmUrl}/qr.svg`;
  }
}

export const metadataBytesMax = 4096;

const inputRules = z.object({
  metadata: jsonValue(metadataBytesMax).nullish(),
  nonce: storableText(255).nullish(),
  returnUrl: storableText(2048).nullish(),
  idempotencyKey: storableText(255).min(1, 'Must not be empty.').nullish(),
  endUserIp: z
    .string()
    .refine(
      (text) => isIP(text) > 0 && !text.includes('%'),
      'Must be an IPv4 or IPv6 address, without a zone.',
    )
    .nullish(),
  endUserAgent: storableText(512).nullish(),
});

/** How often another user code is tried: each collides with one of 20^8 only. */
const triesMax = 5;

/**
 * Starts an auth session, in every allowed way: with a secret key, with a publishable key, with the
 * bare project id, or as a signed-in user outside production.
 *
 * Whatever was known of key and project before, they are checked again in the statement that writes.
 *
 * @throws {ValidationError} an input field breaks a rule
 * @throws {NotFoundError} no such project or environment
 * @throws {ProjectInactiveError} @throws {PublicAccessDisabledError} @throws {OriginNotAllowedError}
 * @throws {RateLimitedError} too many without a secret key
 * @throws {IdempotencyMismatchError} the idempotency key came before with other input
 */
export async function startSession(call: Call, input: StartSessionInput): Promise<StartedSession> {
  const door = await findDoor(call, input);
  const fields = validate(inputRules, input);
  const bySecretKey = door.startedWith === 'SECRET_KEY';
  if (!bySecretKey) {
    for (const field of ['idempotencyKey', 'endUserIp', 'endUserAgent'] as const) {
      if (fields[field] != null) invalid(field, 'May be set with a secret key only.');
    }
  }
  const returnUrl =
    fields.returnUrl == null ? null : checkReturnUrl(fields.returnUrl, door, bySecretKey);

  const isPublic = door.startedWith === 'PUBLISHABLE_KEY' || door.startedWith === 'PROJECT_ID';
  const giveBack = isPublic ? await countPublicly(call, door) : null;
  const { masterKeys, publicStarts } = call;
  const idempotencyKey = fields.idempotencyKey ?? null;
  const idempotencyDigest = idempotencyKey === null ? null : digestOfInput(fields);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const result = await call.sessionWriter.start({
      ...originOf(call),
      id: newId('authSession'),
      started_with: door.startedWith,
      environment_id: door.environmentId,
      secret_id: door.secretId,
      user_code: newUserCode(),
      metadata: fields.metadata ?? null,
      nonce: fields.nonce ?? null,
      return_url: returnUrl,
      master_key_id: masterKeys.primaryId,
      idempotency_key: idempotencyKey,
      idempotency_digest: idempotencyDigest,
      // A secret key speaks for a device that it alone can name; its own address would mislead.
      device_ip: bySecretKey ? (fields.endUserIp ?? null) : call.client.ip,
      device_user_agent: bySecretKey ? (fields.endUserAgent ?? null) : call.client.userAgent,
      project_id: isPublic ? door.projectId : undefined,
      pending_max: isPublic ? publicStarts.pendingMax : undefined,
    });
    if ('session' in result) return new StartedSession(call, result.session);
    const earlier =
      idempotencyKey !== null && mayRepeat(result)
        ? await readSessionByIdempotencyKey(call.db, door.environmentId, idempotencyKey)
        : null;
    if ('refused' in result && (!earlier || earlier.forgotten)) {
      await giveBack?.();
      const { environmentId, projectId } = door;
      const error =
        result.refused === 'TOO_MANY_PENDING'
          ? await tooManyPending(call, projectId)
          : startRefusal(result.refused);
      throw noteRefusal(call, environmentId, result.refused, error);
    }
    if (!earlier) continue; // the user code was taken
    if (earlier.forgotten) await forgetIdempotencyKey(call, earlier.id);
    else if (earlier.idempotencyDigest === idempotencyDigest)
      return new StartedSession(call, earlier);
    else throw new IdempotencyMismatchError();
  }
  throw new Error(`No free user code was found in ${triesMax} tries.`);
}

/** A repeat starts nothing, so a project that is switched off since answers it; a dead key does not. */
function mayRepeat(result: Started): boolean {
  return !('refused' in result) || result.refused === 'PROJECT_INACTIVE';
}

async function countPublicly(call: Call, door: Door): Promise<() => Promise<void>> {
  try {
    return await countPublicStart(call, door.projectId);
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    throw noteRefusal(call, door.environmentId, error.code, error);
  }
}

function startRefusal(refused: Exclude<StartRefusal, 'TOO_MANY_PENDING'>): Error {
  switch (refused) {
    case 'NOT_FOUND':
      return new NotFoundError('The project');
    case 'PROJECT_INACTIVE':
      return new ProjectInactiveError();
    case 'PUBLIC_ACCESS_DISABLED':
      return new PublicAccessDisabledError();
    default:
      return refusal(refused);
  }
}
