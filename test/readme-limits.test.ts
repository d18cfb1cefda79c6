/** README.md's table of limits says what the code does. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accessTokensMax } from '../server/domain/access-tokens/create.ts';
import { attemptLimits } from '../server/domain/accounts/attempt-limits.ts';
import { rangeDaysMax } from '../server/domain/analytics/range.ts';
import { junkMaxPerMinute } from '../server/domain/api-keys/junk-limit.ts';
import { perPersonMax } from '../server/domain/connections/crowds.ts';
import { environmentsMax } from '../server/domain/environments/create.ts';
import { allowedOriginsMax } from '../server/domain/environments/update.ts';
import { pageSizeDefault, pageSizeMax } from '../server/domain/keyset.ts';
import { membersMax, workspacesMax } from '../server/domain/members/limits.ts';
import { endpointsMax } from '../server/domain/webhooks/rules.ts';
import { limits } from '../server/http/limits.ts';
import { operationsMax } from '../server/http/socket-connection.ts';
import { loadConfig } from '../server/platform/config.ts';

const { publicStarts, openConnections } = loadConfig({});
const { network, familiar, strangers, signUp } = attemptLimits;

/** So many in a quarter of an hour, and in an hour. */
const inQuarter = (limit: { capacity: number; secondsPerAttempt: number }) => {
  expect(limit.capacity * limit.secondsPerAttempt).toBe(900);
  return `${limit.capacity} in 15 minutes`;
};
const inHour = (limit: { capacity: number; secondsPerAttempt: number }) => {
  expect(limit.capacity * limit.secondsPerAttempt).toBe(3_600);
  return `${limit.capacity} an hour`;
};
const number = (value: number) => value.toLocaleString('en-GB');

test('each limit is in the table, as it is in the code', () => {
  const [, table = ''] = /^\| Limit \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(
    readFileSync('README.md', 'utf8'),
  )!;
  const rows = table.trim().split('\n');
  const listed = rows.map((row) => {
    const [, limit = '', value = ''] = row.split('|').map((cell) => cell.trim());
    return [limit.replace(' ¹', ''), value];
  });
  expect(Object.fromEntries(listed)).toEqual({
    'depth of a query, its fragments resolved': number(limits.depthMax),
    'aliases in a query': number(limits.aliasesMax),
    'directives in a query': number(limits.directivesMax),
    'tokens in a query': number(limits.tokensMax),
    'characters in a query': number(limits.queryCharactersMax),
    'cost of a query or mutation': number(limits.costMax),
    'cost of a subscription': number(limits.subscriptionCostMax),
    'operations in one HTTP request': '1',
    "bytes of a body, or of a socket's message": number(limits.bodyBytesMax),
    "bytes of a request's headers": number(limits.headerBytesMax),
    'things on a page (`first`, `last`)': `${pageSizeMax}; ${pageSizeDefault} if nothing is said`,
    'days of analytics': number(rangeDaysMax),
    'members and open invitations of a workspace, together': number(membersMax),
    'workspaces of a user': number(workspacesMax),
    'environments of a project': number(environmentsMax),
    'allowed origins of an environment': number(allowedOriginsMax),
    'webhook endpoints of an environment': number(endpointsMax),
    'access tokens of a user': number(accessTokensMax),
    'sessions started without a secret key, of an address': `${publicStarts.perAddress} a minute`,
    'the same, of a project': `${publicStarts.perProject} a minute`,
    'the same, pending, of a project': number(publicStarts.pendingMax),
    'sessions started with a secret key, or by a member': 'none',
    'wrong passwords of an address': inQuarter(network),
    'wrong passwords for an account': `${inHour(strangers)}; ${inQuarter(familiar)} where it was signed in before`,
    'sign-ups of an address': inHour(signUp),
    'API keys that do not exist, of an address': `${junkMaxPerMinute} a minute`,
    'open connections of an address, without a credential': number(
      openConnections.keylessPerAddress,
    ),
    'the same, with a publishable key': number(openConnections.publishablePerAddress),
    'open connections of a sign-in or access token': number(perPersonMax),
    'operations at once on one socket': number(operationsMax),
  });
});
