import { searchCharactersMax } from '../../server/domain/filters.ts';
import { logTypes } from '../../server/domain/logs/types.ts';
import { builder } from '../builder.ts';
import { AuthSessionStatus, Channel } from './auth-session-enums.ts';
import { LogLevel } from './log-enums.ts';

const searchDescription = (fields: string) =>
  `Contains this text, in any case, in ${fields}. Up to ${searchCharactersMax} characters. No index answers it: a page looks at some ten thousand rows or more and ends early where that was not enough, perhaps even empty, with \`hasNextPage\` true; going on from its \`endCursor\` finds the rest.`;

const subjectDescription =
  "a subject of this id, or of this provider and id, as a proof's `sub` has them: `server:user-17`.";

export const AuthSessionFilter = builder.inputType('AuthSessionFilter', {
  description:
    'Which sessions: those for which everything given holds. What is left out does not restrict.',
  fields: (t) => ({
    statuses: t.field({
      type: [AuthSessionStatus],
      description:
        'In one of these states now; at least one. Confirmed ones that were exchanged are USED.',
    }),
    projectIds: t.idList({ description: 'Of one of these projects; at least one.' }),
    apiKeyId: t.id({ description: 'Started with this API key.' }),
    subjectId: t.string({ description: `Confirmed for ${subjectDescription}` }),
    channel: t.field({ type: Channel, description: 'Confirmed this way.' }),
    from: t.field({ type: 'DateTime', description: 'Started at this instant or later.' }),
    to: t.field({
      type: 'DateTime',
      description: 'Started before this instant, which must be later than `from`.',
    }),
    search: t.string({
      description: searchDescription(
        'the id, the user code, the reason, the subject or the metadata',
      ),
    }),
  }),
});

export const LogFilter = builder.inputType('LogFilter', {
  description:
    'Which log entries: those for which everything given holds. What is left out does not restrict.',
  fields: (t) => ({
    types: t.stringList({
      description: `Of one of these types; at least one, up to 50. There are: ${Object.keys(logTypes).join(', ')}. Expect new ones.`,
    }),
    levels: t.field({ type: [LogLevel], description: 'Of one of these levels; at least one.' }),
    projectIds: t.idList({ description: 'Of one of these projects; at least one.' }),
    apiKeyId: t.id({ description: 'Concerning this API key.' }),
    sessionId: t.id({ description: 'Concerning this session.' }),
    subjectId: t.string({ description: `About ${subjectDescription}` }),
    channel: t.field({
      type: Channel,
      description: 'About a session that was confirmed this way.',
    }),
    actorId: t.id({
      description: 'Done by this user, access token or API key. A key sees itself only.',
    }),
    from: t.field({ type: 'DateTime', description: 'At this instant or later.' }),
    to: t.field({
      type: 'DateTime',
      description: 'Before this instant, which must be later than `from`.',
    }),
    search: t.string({
      description: searchDescription(
        'the message, the reason, an id, the actor, the subject, the address or the data',
      ),
    }),
  }),
});
