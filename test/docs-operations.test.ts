/** What docs/operations.md names is there: a stranger runs it by that alone. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isInputObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { errorCodes, refusalReasons } from '../server/domain/errors.ts';
import { logTypes } from '../server/domain/logs/types.ts';
import { createScrape } from '../server/main/scrape.ts';
import { setUpTools } from './support/setup.ts';

const text = readFileSync('docs/operations.md', 'utf8');
/** Every match of a pattern's first group, once. */
const named = (pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([, name]) => name!)),
];

test('every command is a script of ours', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const commands = named(/\bnpm (?:run )?([a-z][a-z-]*)/g);
  expect(commands).toEqual(expect.arrayContaining(['backup', 'restore', 'rotate-master-key']));
  for (const name of commands) expect(scripts, name).toHaveProperty([name]);
  for (const path of named(/\bnode (?:--\S+ )?dist\/([\w-]+)\.js/g)) {
    expect(existsSync(`server/main/${path}.ts`), path).toBe(true);
  }
});

test('every setting is one that the server reads, and every code one that it says', () => {
  const settings = readFileSync('.env.example', 'utf8').match(/^[A-Z_]+(?==)/gm)!;
  const words = named(/\b([A-Z]{2,}(?:_[A-Z]+)+)\b/g);
  expect(words).toEqual(expect.arrayContaining(['DATABASE_URL', 'METRICS_TOKEN', 'ROTATED_OUT']));
  const known = [...settings, ...Object.keys(errorCodes), ...Object.keys(refusalReasons)];
  const ofTheReader = ['ADMIN_URL', 'NEW_DATABASE_URL'];
  expect(words.filter((word) => ![...known, ...ofTheReader].includes(word))).toEqual([]);
  for (const name of named(/`([A-Z]{4,})(?:=[^`]*)?`/g)) expect(known, name).toContain(name);
});

test('every metric is one that is told, with its labels, and none is left out', async () => {
  const tools = await setUpTools();
  const scrape = createScrape(tools, () => ({ sockets: 0, operations: 0 }));
  await scrape();
  const told = await tools.metrics.registry.getMetricsAsJSON();
  const names = told.map(({ name }) => name);
  const mentioned = named(/\b((?:latchkey|nodejs|process)_[a-z0-9_]+)/g).map((name) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
  expect(mentioned.filter((name) => !names.includes(name))).toEqual([]);
  const own = names.filter((name) => name.startsWith('latchkey_'));
  expect(own.filter((name) => !mentioned.includes(name))).toEqual([]);

  for (const [, name, labels] of text.matchAll(/^\| `(latchkey_\w+)` \| ([^|]*) \|/gm)) {
    const metric = tools.metrics.registry.getSingleMetric(name!) as unknown as {
      labelNames: string[];
    };
    const said = [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label);
    expect(said, name).toEqual(metric.labelNames);
  }
});

test('every operation, field and type of entry is in the product', () => {
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const { updateWorkspace, regenerateApiKey, startSession } = schema.getMutationType()!.getFields();
  for (const field of [updateWorkspace, regenerateApiKey, startSession]) {
    expect(text).toContain(`\`${field!.name}\``);
  }
  const inputs = Object.values(schema.getTypeMap()).filter(isInputObjectType);
  for (const name of ['logRetentionDays', 'sessionRetentionDays', 'idempotencyKey']) {
    expect(text).toContain(`\`${name}\``);
    expect(inputs.some((input) => name in input.getFields())).toBe(true);
  }
  expect(text).toContain('`key.refused`');
  expect(logTypes).toHaveProperty(['key.refused']);
});

test('its links lead to files, and to headings of its own', () => {
  const anchors = named(/^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const target of named(/\]\(([^)]+)\)/g)) {
    if (target.startsWith('#')) expect(anchors).toContain(target.slice(1));
    else expect(existsSync(join('docs', target)), target).toBe(true);
  }
});
