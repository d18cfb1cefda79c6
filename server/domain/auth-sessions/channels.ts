import type { Channel } from '../../../prisma/generated/enums.ts';
import type { Call } from '../call.ts';
import { found } from '../errors.ts';
import { readSession, type SessionInPlace } from './find.ts';
import type { SessionRecord } from './record.ts';
import { linkTokenOf } from './secrets.ts';

export interface ConfirmChannel {
  channel: Channel;
  /** Where the user goes for it; null where the integrator's app knows by itself. */
  url: string | null;
}

/** Channels that this server can confirm by, in any environment. */
export const serverChannels = ['SERVER', 'TEST'] as const satisfies Channel[];

/** Where a user confirms a session: a page that shows who asks. Carries the link token. */
export function confirmUrlOf(
  { masterKeys, publicUrl }: Pick<Call, 'masterKeys' | 'publicUrl'>,
  session: { id: string; masterKeyId: string },
): string {
  return `${publicUrl}/s/${linkTokenOf(masterKeys, session.id, session.masterKeyId)}`;
}

/** The ways to confirm this session. */
export function confirmChannels(
  call: Pick<Call, 'masterKeys' | 'publicUrl'>,
  session: Pick<SessionInPlace, 'id' | 'masterKeyId' | 'testConfirmations'>,
): ConfirmChannel[] {
  const byServer: ConfirmChannel = { channel: 'SERVER', url: null };
  if (!session.testConfirmations) return [byServer];
  return [byServer, { channel: 'TEST', url: confirmUrlOf(call, session) }];
}

/** The ways to confirm a session that was just started. */
export async function startedChannels(
  call: Call,
  session: SessionRecord,
): Promise<ConfirmChannel[]> {
  const inPlace = await found('The session', readSession(call.db, session.id));
  return confirmChannels(call, inPlace);
}
