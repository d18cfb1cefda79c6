import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthenticatedKey } from '../../server/domain/actor.ts';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { finishApiKeyRotation } from '../../server/domain/api-keys/finish-rotation.ts';
import { regenerateApiKey } from '../../server/domain/api-keys/regenerate.ts';
import { loadApiKeyState } from '../../server/domain/api-keys/state.ts';
import { updateApiKey } from '../../server/domain/api-keys/update.ts';
import type { Call } from '../../server/domain/call.ts';
import { ConflictError, NotFoundError } from '../../server/domain/errors.ts';
import { closeDb } from '../../server/platform/db.ts';
import { ageKey, checkAfresh, keyBehind, startWith, type Verdict } from '../support/api-keys.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';

const { url } = await createTestDatabase();
// Two sets of tools stand for two processes.
const here = createTestTools(url);
const there = createTestTools(url, { masterKeys: here.masterKeys });
const processes = [here, there] as const;
afterAll(() => Promise.all(processes.map(({ db }) => closeDb(db))));

let project: TestProject;
beforeAll(async () => {
  project = await createTestProject(here);
});
const ownerAt = (process: number): Call => callAs(processes[process]!, project.owner.actor);

// ── what may be done ────────────────────────────────────────────────────────────────────────────

type Command =
  | { do: 'regenerate'; overlapSeconds: number }
  | { do: 'finish' | 'deactivate' | 'activate' | 'clearExpiry' | 'delete' }
  | { do: 'expire'; inSeconds: number };
/** The time that passes, or what is done at once, by which process. */
type Step = { pass: number } | { process: number; command: Command }[];

// No sum of passing times comes near a sum of these, so that the time which the test takes is nothing.
const overlaps = [0, 1_000, 5_000, 5_000];
const expiries = [1_300, 4_300];
const passing = [700, 2_100, 6_400];

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('regenerate' as const),
      overlapSeconds: fc.constantFrom(...overlaps),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('finish', 'deactivate', 'activate', 'clearExpiry'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('expire' as const),
      inSeconds: fc.constantFrom(...expiries),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const) }) },
);
const together = (most: number) =>
  fc.array(fc.record({ process: fc.nat(1), command }), { minLength: 1, maxLength: most });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: together(1) },
  { weight: 3, arbitrary: together(3) },
  { weight: 2, arbitrary: fc.record({ pass: fc.constantFrom(...passing) }) },
);

// ── what must come of it ────────────────────────────────────────────────────────────────────────

/** A key as it ought to be. Secrets go by the number of the command that made them. */
interface Model {
  seconds: number;
  exists: boolean;
  active: boolean;
  expiresAt: number | null;
  secrets: { made: number; endsAt: number | null; reason: 'ROTATED_OUT' | 'DELETED' | null }[];
}

type Outcome = 'done' | 'gone';

function apply(model: Model, made: number, command: Command): { model: Model; outcome: Outcome } {
  if (!model.exists) return { model, outcome: 'gone' };
  const next = structuredClone(model);
  const works = (secret: Model['secrets'][0]) =>
    secret.endsAt === null || secret.endsAt > next.seconds;
  const earlier = next.secrets.filter((secret) => secret.endsAt !== null && works(secret));
  switch (command.do) {
    case 'regenerate': {
      for (const secret of earlier) secret.endsAt = next.seconds;
      const current = next.secrets.find(({ endsAt }) => endsAt === null)!;
      const latest = Math.max(next.expiresAt ?? Number.POSITIVE_INFINITY, next.seconds);
      current.endsAt = Math.min(next.seconds + command.overlapSeconds, latest);
      current.reason = 'ROTATED_OUT';
      next.secrets.push({ made, endsAt: null, reason: null });
      break;
    }
    case 'finish':
      for (const secret of earlier) secret.endsAt = next.seconds;
      break;
    case 'deactivate':
    case 'activate':
      next.active = command.do === 'activate';
      break;
    case 'expire': {
      const expiresAt = next.seconds + command.inSeconds;
      next.expiresAt = expiresAt;
      for (const secret of earlier) secret.endsAt = Math.min(secret.endsAt!, expiresAt);
      break;
    }
    case 'clearExpiry':
      next.expiresAt = null;
      break;
    case 'delete':
      for (const secret of next.secrets.filter(works)) {
        secret.endsAt = next.seconds;
        secret.reason = 'DELETED';
      }
      next.exists = false;
      break;
  }
  return { model: next, outcome: 'done' };
}

const isExpired = ({ expiresAt, seconds }: Model) => expiresAt !== null && expiresAt <= seconds;

function verdictOn(model: Model, { endsAt, reason }: Model['secrets'][0]): Verdict {
  if (endsAt !== null && endsAt <= model.seconds) return reason!;
  if (isExpired(model)) return 'EXPIRED';
  return model.active ? 'accepted' : 'INACTIVE';
}

/** All that can be seen of a key from outside. */
interface Sight {
  verdicts: Record<number, Verdict>;
  status: string | null;
  rotating: boolean;
}

function sightOf(model: Model): Sight {
  const verdicts = model.secrets.map((secret) => [secret.made, verdictOn(model, secret)]);
  const { exists } = model;
  const rotating =
    exists && model.secrets.some(({ endsAt }) => endsAt !== null && endsAt > model.seconds);
  const working = rotating ? 'ROTATING' : 'ACTIVE';
  const status = isExpired(model) ? 'EXPIRED' : model.active ? working : 'INACTIVE';
  return { verdicts: Object.fromEntries(verdicts), status: exists ? status : null, rotating };
}

/** Every order in which commands that ran at once may have taken effect, with what each leads to. */
function* orders<T>(items: T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of orders(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

// ── what comes of it ────────────────────────────────────────────────────────────────────────────

interface HandedOut {
  value: string;
  key: AuthenticatedKey;
}

/** Edits as a person does: reads the version, and again where somebody else was faster. */
async function edit(call: Call, id: string, changes: object): Promise<void> {
  const read = await here.db.apiKey.findUnique({ where: { id }, select: { version: true } });
  for (let version = read?.version ?? 0; ; ) {
    try {
      await updateApiKey(call, { id, version, ...changes });
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      version = error.currentVersion!;
    }
  }
}

/** @returns the new secret, where there is one */
async function execute(call: Call, id: string, command: Command): Promise<string | null> {
  switch (command.do) {
    case 'regenerate':
      return (await regenerateApiKey(call, { id, overlapSeconds: command.overlapSeconds })).secret;
    case 'finish':
      await finishApiKeyRotation(call, { id });
      break;
    case 'deactivate':
    case 'activate':
      await edit(call, id, { active: command.do === 'activate' });
      break;
    case 'expire':
      await edit(call, id, { expiresAt: new Date(Date.now() + command.inSeconds * 1000) });
      break;
    case 'clearExpiry':
      await edit(call, id, { expiresAt: null });
      break;
    case 'delete':
      await deleteApiKey(call, { id, confirmName: 'Model' });
      break;
  }
  return null;
}

/** What both paths say of every secret ever handed out, and that they say the same. */
async function look(id: string, handedOut: Map<number, HandedOut>): Promise<Sight> {
  const made = [...handedOut.keys()];
  const all = [...handedOut.values()];
  const checked = await checkAfresh(
    here,
    all.map(({ value }) => value),
  );
  const started = await Promise.all(
    all.map(({ key }, index) => startWith(processes[index % 2]!, key)),
  );
  expect(started, 'the write path').toEqual(checked);
  const state = await loadApiKeyState(ownerAt(1), id);
  return {
    verdicts: Object.fromEntries(made.map((each, index) => [each, checked[index]!])),
    status: state?.status ?? null,
    rotating: Boolean(state?.rotation),
  };
}

async function expectInvariants(id: string): Promise<void> {
  const { rows } = await here.db.$pool.query(
    `SELECT count(*) FILTER (WHERE s.ends_at IS NULL)::int AS current,
       count(*) FILTER (WHERE s.ends_at > now())::int AS overlapping,
       count(*) FILTER (WHERE s.ends_at > now() AND s.ends_at > k.expires_at)::int AS outliving,
       count(DISTINCT k.id)::int AS keys
     FROM api_key_secrets s LEFT JOIN api_keys k ON k.id = s.api_key_id WHERE s.api_key_id = $1`,
    [id],
  );
  const { current, overlapping, outliving, keys } = rows[0];
  expect(current, 'current secrets').toBe(keys);
  expect(overlapping, 'earlier secrets that work').toBeLessThanOrEqual(keys);
  expect(outliving, 'overlaps beyond the expiry').toBe(0);
}

test('whatever is done to a key, in whatever order, its secrets work and die as they ought to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8, size: 'max' }), async (steps) => {
      const { id, secret } = await createApiKey(ownerAt(0), {
        environmentId: project.production.id,
        name: 'Model',
        type: 'SECRET',
      });
      const handedOut = new Map<number, HandedOut>();
      const hand = async (made: number, value: string) => {
        handedOut.set(made, { value, key: await keyBehind(here, value) });
      };
      await hand(0, secret!);
      const first = { made: 0, endsAt: null, reason: null };
      // More than one where it cannot be told in which order things took effect.
      let models: Model[] = [
        { seconds: 0, exists: true, active: true, expiresAt: null, secrets: [first] },
      ];
      let commands = 0;
      const dead = new Map<number, Verdict>();

      for (const step of steps) {
        if ('pass' in step) {
          await ageKey(here.db, id, step.pass);
          models = models.map((model) => ({ ...model, seconds: model.seconds + step.pass }));
        } else {
          const numbered = step.map((each) => {
            commands += 1;
            return { ...each, made: commands };
          });
          const outcomes = new Map<number, Outcome>();
          await Promise.all(
            numbered.map(async ({ process, command, made }) => {
              try {
                const value = await execute(ownerAt(process), id, command);
                if (value) await hand(made, value);
                outcomes.set(made, 'done');
              } catch (error) {
                if (!(error instanceof NotFoundError)) throw error;
                outcomes.set(made, 'gone');
              }
            }),
          );
          models = models.flatMap((model) =>
            [...orders(numbered)].flatMap((order) => {
              let now = model;
              for (const { made, command } of order) {
                const { model: next, outcome } = apply(now, made, command);
                if (outcome !== outcomes.get(made)) return [];
                now = next;
              }
              return [now];
            }),
          );
          expect(models, 'orders that explain who found the key gone').not.toEqual([]);
        }

        await expectInvariants(id);
        const sight = await look(id, handedOut);
        const sights = new Map(models.map((model) => [model, sightOf(model)]));
        models = models.filter((model) => {
          try {
            expect(sight).toEqual(sights.get(model));
            return true;
          } catch {
            return false;
          }
        });
        if (models.length === 0) expect([...sights.values()]).toContainEqual(sight);
        models = [...new Map(models.map((model) => [JSON.stringify(model), model])).values()];

        for (const [made, verdict] of Object.entries(sight.verdicts)) {
          const before = dead.get(Number(made));
          if (before) expect(verdict, 'a dead secret').toBe(before);
          if (verdict === 'DELETED' || verdict === 'ROTATED_OUT') dead.set(Number(made), verdict);
        }
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
