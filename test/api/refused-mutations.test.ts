import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { kindOfId, newId } from '../../server/domain/ids.ts';
import { type Attempt, attemptsOf } from '../support/mutation-attempts.ts';
import { startTestServer } from '../support/server.ts';
import { hashTables } from '../support/table-hashes.ts';
import { wholeMutations } from '../support/whole-mutations.ts';
import { type ActorName, createWorld } from '../support/world.ts';

const server = await startTestServer();
const world = await createWorld(server.tools);
const schema = buildClientSchema(await server.graphql(getIntrospectionQuery()));
const documents = wholeMutations(schema);
const attempts = attemptsOf(world);

/** Words for "you may not", and for what stands in everybody's way. Not for input that is wrong. */
const refusals = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CHANNEL_UNAVAILABLE',
  'ENVIRONMENT_IS_DEFAULT',
  'INVALID_CREDENTIALS',
  'INVITATION_INVALID',
  'LAST_OWNER',
  'PUBLIC_ACCESS_DISABLED',
];
/** Who may know of nothing in w1, or only of what has one of these labels. */
const outsiders: [ActorName, knowsOf: RegExp][] = [
  ['nobody', /^$/],
  ['publishable key', /^$/],
  ['secret key of another environment', /^w1-p1-(project|staging)-/],
  ['secret key of another workspace', /^$/],
  ['owner of another workspace', /^$/],
  ['access token for another workspace', /^$/],
];

async function send(name: string, input: object, by: ActorName) {
  const reply = await server.post(documents.get(name)!, { input }, world.actors[by]);
  const { status, text, json } = reply;
  const [fault] = json.errors ?? [];
  const { code = 'done', message } = fault ? { ...fault.extensions, ...fault } : json.data.answer;
  return { status, code, message, shown: [...world.markers.find(text)] };
}

/** The same input, about things that never were. */
function aboutNothing(input: object): object {
  const text = JSON.stringify(input).replace(/"[a-z]{3}_[0-9a-z]{26}"/g, (quoted) => {
    const kind = kindOfId(quoted.slice(1, -1));
    return kind ? JSON.stringify(newId(kind)) : quoted;
  });
  return JSON.parse(text);
}

/** Of all tables but the one that counts attempts: those that are refused are attempts, too. */
async function hashUndrawn(): Promise<Record<string, string>> {
  const { rate_limits: _, ...hashes } = await hashTables(server.db);
  return hashes;
}

test('every mutation of the schema is attempted', () => {
  expect(Object.keys(attempts).sort()).toEqual([...documents.keys()].sort());
});

describe.each(Object.entries(attempts))('%s', (name, ofMutation) => {
  const actors = Object.keys(world.actors) as ActorName[];

  test('is refused to everybody who may not, and changes nothing', async () => {
    const before = await hashUndrawn();
    const wrong: object[] = [];
    for (const { input, may, refusedAs } of ofMutation) {
      for (const by of actors.filter((actor) => !may.includes(actor))) {
        const { code, message, shown } = await send(name, input, by);
        if ((code === refusedAs || refusals.includes(code)) && shown.length === 0) continue;
        wrong.push({ by, input, code, message, shown });
      }
    }
    expect(wrong).toEqual([]);
    expect(await hashUndrawn()).toEqual(before);
  });

  test('tells an outsider of what there is no more than of what is not', async () => {
    for (const { input, may, tells } of ofMutation) {
      const labels = [...world.markers.find(JSON.stringify(input))];
      for (const [by, knowsOf] of tells ? [] : outsiders) {
        if (may.includes(by) || labels.some((label) => knowsOf.test(label))) continue;
        const there = await send(name, input, by);
        expect(there, `${by}: ${JSON.stringify(input)}`).toEqual(
          await send(name, aboutNothing(input), by),
        );
      }
    }
  });
});

test('the first attempt of each succeeds for who may, so nothing else was in the way', async () => {
  const failed: object[] = [];
  for (const [name, [first]] of Object.entries(attempts) as [string, Attempt[]][]) {
    const [by] = first!.may;
    if (!by) continue;
    const { code, message } = await send(name, first!.input, by);
    if (code !== 'done') failed.push({ name, by, code, message });
  }
  expect(failed).toEqual([]);
});
