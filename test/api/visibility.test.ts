/**
 * Walks every type and field of the schema over HTTP, as everybody who may ask, through a world in
 * which each thing is known again wherever it turns up. The tables say who sees what.
 */
import {
  buildClientSchema,
  type GraphQLObjectType,
  getIntrospectionQuery,
  getNamedType,
  isAbstractType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../server/http/limits.ts';
import { createSchemaWalk } from '../support/schema-walk.ts';
import { startTestServer } from '../support/server.ts';
import { compareWithRule, type Rule } from '../support/sights.ts';
import { type Sight, walkAs } from '../support/walk-as.ts';
import { startsById, startsBySecret } from '../support/walk-starts.ts';
import { type ActorName, createWorld } from '../support/world.ts';

const server = await startTestServer();
const world = await createWorld(server.tools);
const schema = buildClientSchema(await server.graphql(getIntrospectionQuery()));
const walk = createSchemaWalk(schema, limits);
const actors = Object.keys(world.actors) as ActorName[];

/** Whoever asks, no reply has it: nonces, idempotency keys; nor what a secret opens. */
const hidden = ['*-hidden-*', '*-opened-*'];

/** Invited addresses show to those who manage members, in the log too. */
const notInvited = [...hidden, 'w1-invitation-email'];

/** All of w1, and who is in it. "VIEWER reads all but secrets", and the other roles no less. */
const w1 = [
  'w1-*',
  '{owner,admin,developer,viewer,both}-user-*',
  // Who made a key stays known by name when they have left; "email null outside a shared workspace".
  'departed-user-{id,name}',
];
/** What its log says in passing: from where they came, which tokens they made, what they deleted. */
const inLogOfW1 = [
  '{owner,developer}-{request,signin}-*',
  '{owner-token-reading,owner-token-narrowed,viewer-token-own}-{id,name}',
  'gone-{p9-project,e9-environment}-{id,name}',
  'gone-k9-key-deleted-*',
];

/** "With a key, every path shows its own environment only. Other keys, users, members are hidden"; so are webhooks. */
const ofSecretKey = (project: string, environment: string): Rule => ({
  sees: [
    `${project}-project-*`,
    `${project}-${environment}-{environment,session,counts}*`,
    `${project}-${environment}-log-{planted,session,environment}*`,
    `${project}-${environment}-key-secret-*`,
  ],
  maySee: [
    `${project}-${environment}-log-key-*`, // what was done to itself
    'developer-request-{ip,agent}', // of the device of a session that was started in a browser
  ],
  hidden,
});

const byIds: Record<ActorName, Rule> = {
  nobody: { sees: [] },
  'publishable key': {
    // "reads only viewerKey { id name type environment { id kind } }"
    sees: ['w1-p1-production-key-publishable-{id,name}', 'w1-p1-production-environment-id'],
  },
  'secret key': ofSecretKey('w1-p1', 'production'),
  'secret key of another environment': ofSecretKey('w1-p1', 'staging'),
  'secret key of another workspace': ofSecretKey('w2-p3', 'production'),
  viewer: { sees: [...w1, 'viewer-{signin,token}-*'], maySee: inLogOfW1, hidden: notInvited },
  developer: { sees: [...w1, 'developer-signin-*'], maySee: inLogOfW1, hidden: notInvited },
  admin: { sees: [...w1, 'admin-signin-*'], maySee: inLogOfW1, hidden },
  owner: { sees: [...w1, 'w3-*', 'owner-{signin,token}-*'], maySee: inLogOfW1, hidden },
  'owner of another workspace': {
    sees: ['w2-*', '{stranger,both}-user-*', 'stranger-{signin,token}-*'],
    maySee: ['stranger-request-*'],
    hidden,
  },
  'access token that reads': {
    sees: [...w1, 'w3-*', 'owner-token-reading-*'],
    maySee: [...inLogOfW1, 'owner-token-limited-{id,name}'],
    hidden,
  },
  'access token for another workspace': {
    sees: ['w3-*', 'owner-user-*', 'owner-token-limited-*'],
    maySee: ['owner-request-*', 'owner-token-{reading,narrowed}-{id,name}'],
    hidden,
  },
  'access token beside a key': {
    sees: ['w1-p1-project-*', 'w1-p1-production-*', 'owner-user-*'],
    maySee: ['owner-request-*', 'gone-k9-key-deleted-*'],
    hidden,
  },
};

const fates = 'pending,confirmed,cancelled,expired,used,tried';

/** What client secrets and link tokens show, of the sessions in these environments. */
const opened = (places: string): Rule => ({
  sees: [
    `${places}-session-{${fates}}-{id,code,device-ip,device-agent,opened-return}`,
    `${places}-environment-origin`,
    `${places.replace(/-\w+$/, '')}-project-name`,
  ],
  maySee: ['developer-request-{ip,agent}'], // of the session that was started in a browser
  hidden: ['gone-*'],
});
const everywhere = opened('*');

const bySecrets: Record<ActorName, Rule> = {
  ...(Object.fromEntries(actors.map((name) => [name, everywhere])) as Record<ActorName, Rule>),
  'publishable key': opened('w1-p1-production'),
  'secret key': opened('w1-p1-production'),
  'secret key of another environment': opened('w1-p1-staging'),
  'secret key of another workspace': opened('w2-p3-production'),
  'access token beside a key': opened('w1-p1-production'),
};

const ways = [
  { how: 'ids', rules: byIds, starts: startsById(schema, world) },
  {
    how: 'client secrets and link tokens',
    rules: bySecrets,
    starts: startsBySecret(schema, world),
  },
];
const sights = new Map<string, Sight>();

beforeAll(async () => {
  const sending = { server, walk, markers: world.markers };
  for (const { how, starts } of ways) {
    const operations = starts.flatMap(({ start, hops }) => walk.operationsFrom(start, hops));
    for (const name of actors) {
      sights.set(`${name} ${how}`, await walkAs(sending, operations, world.actors[name]));
    }
  }
}, 600_000);

describe.each(ways)('with all $how there are,', ({ how, rules }) => {
  test.each(actors)('%s sees what is theirs to see, and nothing else', (name) => {
    const { found } = sights.get(`${name} ${how}`)!;
    const seen = new Set(found.keys());
    const { leaked, missing } = compareWithRule(rules[name], world.markers.labels, seen);
    const leaks = leaked.map((label) => `${label} by ${found.get(label)}`);
    expect({ leaks, missing }).toEqual({ leaks: [], missing: [] });
  });
});

test('what is refused on the way is refused in so many words, and nothing fails', () => {
  const others = new Map<string, string>();
  for (const { codes } of sights.values()) {
    for (const [code, operation] of codes) others.set(code, operation);
  }
  // What costs too much in one way, such as the members of the workspaces of a hundred tokens, is read in others.
  const expected = ['FORBIDDEN', 'NOT_FOUND', 'QUERY_TOO_COMPLEX'];
  for (const code of expected) others.delete(code);
  expect(Object.fromEntries(others)).toEqual({});
});

/** The object types that values of this one lead to. */
function reachableFrom(root: GraphQLObjectType, found = new Set<GraphQLObjectType>()) {
  if (found.has(root)) return found;
  found.add(root);
  for (const { type } of Object.values(root.getFields())) {
    const named = getNamedType(type);
    const targets = isAbstractType(named) ? schema.getPossibleTypes(named) : [named];
    for (const target of targets) if (isObjectType(target)) reachableFrom(target, found);
  }
  return found;
}

/** A page is cut short where much is searched, as test/domain/filtered-lists.test.ts does. */
const onlyWhenCutShort = /\.searchedUntil$/;

test('every field that can be read was read with something in it, so none was passed over', () => {
  const read = new Set<string>();
  for (const { fields } of sights.values()) {
    for (const field of fields) read.add(field);
  }
  const unread = [...reachableFrom(schema.getQueryType()!)]
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
    .filter((field) => !read.has(field) && !onlyWhenCutShort.test(field));
  expect(unread).toEqual([]);
});

test('every type is reached by a query, or by what a mutation answers or a subscription tells', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const reachable = roots.map((root) => reachableFrom(root!));
  const unreached = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !isIntrospectionType(type) && !reachable.some((found) => found.has(type)));
  expect(unreached.map(({ name }) => name)).toEqual([]);
});
