import packageJson from '../../package.json' with { type: 'json' };
import type { Channel } from '../../prisma/generated/enums.ts';
import { serverChannels } from './auth-sessions/channels.ts';
import type { Call, SignUpMode } from './call.ts';

export interface ServerInfo {
  version: string;
  channels: Channel[];
  signUp: SignUpMode;
  /** Whether somebody can create an account now. */
  signUpOpen: boolean;
}

export async function serverInfo({ db, signUp }: Call): Promise<ServerInfo> {
  const isFirst =
    signUp === 'FIRST' && (await db.user.findFirst({ select: { id: true } })) === null;
  return {
    version: packageJson.version,
    channels: [...serverChannels],
    signUp,
    signUpOpen: signUp === 'OPEN' || isFirst,
  };
}
