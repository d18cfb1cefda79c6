/**
 * Random log entries and sessions in places that exist, in one that is gone and in one of somebody
 * else, with many of the same instant; and what a filter means, said plainly, to compare with.
 */
import fc from 'fast-check';
import type { AuthSession, LogEntry } from '../../prisma/generated/client.ts';
import { ActorKind, AuthSessionStatus, Channel, LogLevel } from '../../prisma/generated/enums.ts';
import type { SessionFilter } from '../../server/domain/auth-sessions/filter.ts';
import { newId } from '../../server/domain/ids.ts';
import type { LogFilter } from '../../server/domain/logs/filter.ts';
import { logTypes } from '../../server/domain/logs/types.ts';
import type { Db } from '../../server/platform/db.ts';

export interface Place {
  workspaceId: string;
  projectId: string | null;
  environmentId: string | null;
}

export const words = ['anna', 'Berta', 'ÜBER', '17', '%', '_', 'c@x.org', 'data'];
const word = fc.constantFrom(...words);
const base = Date.UTC(2026, 9, 25, 0, 30); // the night in which European clocks go back
export const instant = fc.integer({ min: 0, max: 12 }).map((n) => new Date(base + n * 1_800_000));
export const subjects = ['server:anna', 'server:17', 'auth0:anna', 'server:auth0:anna'];
export const sessionIds = Array.from({ length: 5 }, () => newId('authSession'));
export const userIds = Array.from({ length: 3 }, () => newId('user'));
const types = Object.keys(logTypes).slice(0, 12).concat('member.invited', 'invitation.revoked');

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 1 });

export type LogRow = Omit<LogEntry, 'xid' | 'dedupeKey'>;

/** @param keyIds of keys of this environment, or of nobody's */
export function logRow(place: Place, keyIds: string[]): fc.Arbitrary<Omit<LogRow, 'id'>> {
  const inEnvironment = place.environmentId !== null;
  const ofSession = <T>(arbitrary: fc.Arbitrary<T>) =>
    inEnvironment ? maybe(arbitrary) : fc.constant(null);
  return fc
    .record({
      at: instant,
      type: fc.constantFrom(...types),
      level: fc.constantFrom(...Object.values(LogLevel)),
      message: fc.tuple(word, word).map((pair) => pair.join(' ')),
      reason: maybe(word),
      actorKind: fc.constantFrom(...Object.values(ActorKind)),
      actorId: maybe(fc.constantFrom(...userIds, ...keyIds)),
      actorLabel: word,
      sessionId: ofSession(fc.constantFrom(...sessionIds)),
      apiKeyId: ofSession(fc.constantFrom(...keyIds)),
      subjectKey: ofSession(fc.constantFrom(...subjects)),
      channel: ofSession(fc.constantFrom(...Object.values(Channel))),
      ip: maybe(fc.constantFrom('10.0.0.1', '10.0.0.2')),
      userAgent: fc.constant('vitest'),
      requestId: maybe(word),
      email: word,
      note: word,
    })
    .map(({ email, note, ...row }) => ({
      ...row,
      ...place,
      // Invitations name the address in both places, and the workspace is where they are.
      ...(row.type.includes('invit')
        ? { message: `${email} invited as VIEWER.`, data: { after: { email } } }
        : { data: { note } }),
    }));
}

export async function insertLogs(db: Db, rows: Omit<LogRow, 'id'>[]): Promise<void> {
  await db.logEntry.createMany({
    data: rows.map((row) => ({ ...row, id: newId('logEntry'), data: row.data ?? undefined })),
  });
}

export type SessionRow = AuthSession;

/** A session in any state, over or not. */
export function sessionRow(
  place: { workspaceId: string; projectId: string; environmentId: string },
  keyIds: string[],
) {
  return fc
    .record({
      status: fc.constantFrom(...Object.values(AuthSessionStatus)),
      isOver: fc.boolean(),
      createdAt: instant,
      apiKeyId: maybe(fc.constantFrom(...keyIds)),
      channel: fc.constantFrom(...Object.values(Channel)),
      subjectKey: fc.constantFrom(...subjects),
      name: maybe(word),
      note: word,
      reason: maybe(word),
    })
    .map(({ isOver, channel, subjectKey, name, note, ...row }) => {
      const { status, createdAt } = row;
      const [provider] = subjectKey.split(':', 1);
      const id = subjectKey.slice(provider!.length + 1);
      const isConfirmed = status === 'CONFIRMED' || status === 'USED';
      const at = (set: boolean) => (set ? createdAt : null);
      return {
        ...row,
        ...place,
        startedWith: 'SECRET_KEY' as const,
        requireUserCode: false,
        masterKeyId: 'k1',
        metadata: { note },
        expiresAt: status === 'PENDING' && !isOver ? new Date('2099-01-01') : createdAt,
        confirmedAt: at(isConfirmed),
        exchangeableUntil: at(isConfirmed),
        cancelledAt: at(status === 'CANCELLED'),
        expiredAt: at(status === 'EXPIRED'),
        usedAt: at(status === 'USED'),
        proofKeyId: status === 'USED' ? 'p1' : null,
        ...(isConfirmed && {
          channel,
          subjectKey,
          subject: { provider, id, ...(name && { name }) },
        }),
      };
    });
}

let codes = 0;

export async function insertSessions(
  db: Db,
  rows: fc.Arbitrary<never>[] | object[],
): Promise<void> {
  const data = rows.map((row) => {
    codes += 1;
    return { ...row, id: newId('authSession'), userCode: `CODE${codes}` };
  });
  await db.authSession.createMany({ data: data as never });
}

/** Who reads: a member with or without the invitations, or the key of one environment. */
export type Reader = { sees: 'all' | 'all but invited addresses' } | { key: string };

/** What of an entry a reader sees. */
export function seenBy(row: LogRow, reader: Reader): LogRow | null {
  if ('sees' in reader) {
    const isHidden =
      reader.sees !== 'all' && /^(member\.invited|invitation\.revoked)$/.test(row.type);
    if (!isHidden) return row;
    const message =
      row.type === 'member.invited' ? 'Somebody was invited.' : 'An invitation was revoked.';
    return { ...row, message, data: { after: {} } };
  }
  if (row.type.startsWith('key.') && row.apiKeyId !== reader.key) return null;
  const seen = { ...row, apiKeyId: row.apiKeyId === reader.key ? row.apiKeyId : null };
  const isKey = row.actorKind === 'API_KEY';
  const isPerson = row.actorKind === 'USER' || row.actorKind === 'ACCESS_TOKEN';
  if (!isPerson && !(isKey && row.actorId !== reader.key)) return seen;
  const actorLabel = isKey ? 'Another API key' : 'A member';
  return { ...seen, actorId: null, ip: null, userAgent: null, requestId: null, actorLabel };
}

const contains = (values: (string | null | undefined)[], search: string) =>
  values.some((value) => value?.toLowerCase().includes(search.toLowerCase()));
const isAmong = <T>(values: readonly T[] | null | undefined, value: T) =>
  !values || values.includes(value);
const isIt = <T>(wanted: T | null | undefined, value: T | null) =>
  wanted == null || wanted === value;
const isBetween = (at: Date, { from, to }: { from?: Date | null; to?: Date | null }) =>
  (!from || at >= from) && (!to || at < to);
const isOfSubject = (wanted: string | null | undefined, key: string | null) =>
  wanted == null || key === wanted || key?.slice(key.indexOf(':') + 1) === wanted;
const asJson = (data: unknown) =>
  data == null ? null : JSON.stringify(data).replaceAll(':', ': ');

/** @param row as the reader sees it */
export function isLogMeant(row: LogRow, filter: LogFilter, reader: Reader): boolean {
  if ('key' in reader) {
    for (const id of [filter.actorId, filter.apiKeyId]) {
      if (id != null && id !== reader.key) return false;
    }
  }
  const { search } = filter;
  const texts = [row.message, row.reason, row.id, row.sessionId, row.apiKeyId, row.projectId];
  texts.push(row.environmentId, row.actorId, row.actorLabel, row.requestId, row.subjectKey, row.ip);
  return (
    isAmong(filter.types, row.type) &&
    isAmong(filter.levels, row.level) &&
    isAmong(filter.projectIds, row.projectId ?? '') &&
    isIt(filter.apiKeyId, row.apiKeyId) &&
    isIt(filter.sessionId, row.sessionId) &&
    isOfSubject(filter.subjectId, row.subjectKey) &&
    isIt(filter.channel, row.channel) &&
    isIt(filter.actorId, row.actorId) &&
    isBetween(row.at, filter) &&
    (search == null || contains([...texts, asJson(row.data)], search))
  );
}

/** @param now of the database */
export function isSessionMeant(row: SessionRow, filter: SessionFilter, reader: Reader, now: Date) {
  if ('key' in reader && filter.apiKeyId != null && filter.apiKeyId !== reader.key) return false;
  const isOverdue = row.status === 'PENDING' && row.expiresAt <= now;
  const { search } = filter;
  const { id, name } = (row.subject ?? {}) as { id?: string; name?: string };
  const texts = [row.id, row.userCode, row.reason, id, name, asJson(row.metadata)];
  return (
    isAmong(filter.statuses, isOverdue ? 'EXPIRED' : row.status) &&
    isAmong(filter.projectIds, row.projectId) &&
    isIt(filter.apiKeyId, row.apiKeyId) &&
    isOfSubject(filter.subjectId, row.subjectKey) &&
    isIt(filter.channel, row.channel) &&
    isBetween(row.createdAt, filter) &&
    (search == null || contains(texts, search))
  );
}

/** Each field now and then, so that some filters find much and some nothing. */
export function filterOf<Filter extends { from?: Date | null; to?: Date | null }>(
  fields: {
    [Field in keyof Filter]-?: fc.Arbitrary<NonNullable<Filter[Field]>>;
  },
): fc.Arbitrary<Filter> {
  const sparse = Object.fromEntries(
    Object.entries(fields).map(([name, arbitrary]) => [
      name,
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: arbitrary as fc.Arbitrary<unknown> },
      ),
    ]),
  );
  return (fc.record(sparse) as unknown as fc.Arbitrary<Filter>).filter(
    ({ from, to }) => !from || !to || from < to,
  );
}
