import { z } from 'zod';
import type { Call } from '../call.ts';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import { invalid, storableText, validate } from '../validation.ts';
import type { Move } from './move.ts';
import { move } from './moving.ts';
import { originOf } from './origin.ts';
import type { SessionRecord, Subject } from './record.ts';
import { normaliseUserCode, openLinkToken } from './secrets.ts';
import { oneSelector } from './selectors.ts';

export interface ConfirmSessionInput {
  sessionId?: string | null;
  linkToken?: string | null;
  userCode?: string | null;
  subject: {
    provider?: string | null;
    id: string;
    name?: string | null;
    username?: string | null;
    email?: string | null;
    phone?: string | null;
    picture?: string | null;
  };
}

/** Channels that say by themselves who somebody is; a backend may not speak in their name. */
const reservedProviders = ['telegram', 'test'];

const subjectRules = z.object({
  provider: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'Must be 1 to 32 of a-z, 0-9, hyphen and underscore.')
    .nullish(),
  id: storableText(255).min(1, 'Must not be empty.'),
  name: storableText(200).nullish(),
  username: storableText(200).nullish(),
  email: storableText(254).nullish(),
  phone: storableText(32).nullish(),
  picture: storableText(2048)
    .refine((url) => /^https?:/i.test(url) && URL.canParse(url), 'Must be an http or https URL.')
    .nullish(),
});
const rules = z.object({ subject: subjectRules, userCode: storableText(64).nullish() });

/**
 * Confirms a session: by an integrator's backend with a secret key, which names the session by its id
 * or by the link token it scanned (channel SERVER); or by the link token alone, where the environment
 * allows test confirmations (channel TEST).
 *
 * @throws {ValidationError} not exactly one of sessionId and linkToken, or a field breaks a rule
 * @throws {NotFoundError} no such session
 * @throws {UnauthenticatedError} a session id without a key
 * @throws {ForbiddenError} the actor may not confirm
 * @throws {ChannelUnavailableError} the environment has no test confirmations
 * @throws {UserCodeMismatchError} the code is wrong; the fifth time the session is cancelled
 * @throws {SessionStateError} the session is not pending any more
 */
export async function confirmSession(
  call: Call,
  input: ConfirmSessionInput,
): Promise<SessionRecord> {
  const selector = oneSelector(input, ['sessionId', 'linkToken']);
  const { subject, userCode } = validate(rules, input);
  const { actor, client } = call;
  const code = userCode == null ? null : normaliseUserCode(userCode);

  if (actor.kind === 'apiKey') {
    if (actor.key.type !== 'SECRET') {
      throw new ForbiddenError('A publishable key may not confirm sessions.');
    }
    const provider = subject.provider ?? 'server';
    if (reservedProviders.includes(provider)) {
      invalid(['subject', 'provider'], `The provider "${provider}" is reserved.`);
    }
    return move(call, {
      ...originOf(call),
      ...confirmation('SERVER', { ...subject, provider }),
      ...named(call, selector),
      secret_id: actor.key.secretId,
      user_code: code,
    });
  }

  if (selector.field === 'sessionId') {
    const message = 'Confirming by session id takes a secret key.';
    throw actor.kind === 'nobody' ? new UnauthenticatedError(message) : new ForbiddenError(message);
  }
  if (subject.provider != null && subject.provider !== 'test') {
    invalid(['subject', 'provider'], 'Without a key the provider is always "test": leave it out.');
  }
  return move(call, {
    ...originOf(call, subject.name ?? subject.id),
    ...confirmation('TEST', { ...subject, provider: 'test' }),
    ...named(call, selector),
    secret_id: null,
    user_code: code,
    device_ip: client.ip,
    device_user_agent: client.userAgent,
  });
}

function named(call: Call, { field, value }: { field: string; value: string }) {
  const opened = field === 'linkToken' ? openLinkToken(call.masterKeys, value) : { id: value };
  if (opened === null) throw new NotFoundError('The session');
  return opened;
}

function confirmation(
  channel: NonNullable<Move['channel']>,
  subject: z.output<typeof subjectRules> & { provider: string },
): Pick<Move, 'to_status' | 'channel' | 'subject' | 'subject_key' | 'outside_production'> {
  const known = Object.entries(subject).filter(([, value]) => value != null);
  return {
    to_status: 'CONFIRMED',
    channel,
    subject: Object.fromEntries(known) as unknown as Subject,
    subject_key: `${subject.provider}:${subject.id}`,
    outside_production: false,
  };
}
