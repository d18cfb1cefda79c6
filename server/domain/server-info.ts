import packageJson from '../../package.json' with { type: 'json' };
import type { Channel } from '../../prisma/generated/enums.ts';
import { isSignUpOpen } from './accounts/sign-up.ts';
import { serverChannels } from './auth-sessions/channels.ts';
import type { Call, SignUpMode } from './call.ts';

/** Of Latchkey. */
export const { version } = packageJson;

export interface ServerInfo {
  version: string;
  channels: Channel[];
  signUp: SignUpMode;
  /** Whether somebody can create an account now. */
  signUpOpen: boolean;
}

export async function serverInfo(call: Call): Promise<ServerInfo> {
  return {
    version,
    channels: [...serverChannels],
    signUp: call.signUp,
    signUpOpen: await isSignUpOpen(call),
  };
}
