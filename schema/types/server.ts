import { type ServerInfo as Info, serverInfo } from '../../server/domain/server-info.ts';
import { builder } from '../builder.ts';
import { Channel } from './auth-session-enums.ts';

const SignUpMode = builder.enumType('SignUpMode', {
  description: 'Who may create an account.',
  values: {
    OPEN: { description: 'Anybody.' },
    FIRST: { description: 'The first user only.' },
    CLOSED: { description: 'Nobody.' },
  } as const,
});

const ServerInfo = builder.objectRef<Info>('ServerInfo').implement({
  description: 'What this server is and offers. Everybody may read it.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Of Latchkey.' }),
    channels: t.expose('channels', {
      type: [Channel],
      description: 'The channels that it can confirm by, in one environment or another.',
    }),
    signUp: t.expose('signUp', { type: SignUpMode, description: 'Who may create an account.' }),
    signUpOpen: t.exposeBoolean('signUpOpen', {
      description: 'Whether somebody can create an account now.',
    }),
  }),
});

builder.queryField('server', (t) =>
  t.field({
    type: ServerInfo,
    description: 'What this server is and offers.',
    resolve: (_root, _args, { call }) => serverInfo(call),
  }),
);
