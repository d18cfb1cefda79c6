import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Imports point one way: a layer may reach those after it, and none before it.
 *
 *     main ─► http ─► schema ─┐
 *     main ─► jobs ───────────┴─► domain ─► platform ─► prisma/generated
 */
const reaches: Record<string, string[]> = {
  'server/main': ['schema', 'server/http', 'server/jobs', 'server/domain', 'server/platform'],
  'server/http': ['schema', 'server/domain', 'server/platform'],
  'server/jobs': ['server/domain', 'server/platform'],
  schema: ['server/domain', 'prisma/generated'],
  'server/domain': ['server/platform', 'prisma/generated', 'package.json'],
  'server/platform': ['prisma/generated'],
  client: [],
  bench: ['server/domain', 'server/platform'],
};

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !/^client\/(demo\/)?gql/.test(path));
}

/** What a file imports of ours, types too, as paths from the root. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, target]) => relative('.', join(dirname(path), target!)));
}

test.each(Object.entries(reaches))('%s imports nothing that points back', (folder, allowed) => {
  const wrong = sourcesOf(folder).flatMap((path) =>
    importsOf(path)
      .filter((target) => ![folder, ...allowed].some((each) => `${target}/`.startsWith(`${each}/`)))
      .map((target) => `${path} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('settings are read from the environment in one place', () => {
  const readers = ['server', 'schema', 'client']
    .flatMap(sourcesOf)
    .filter((path) => /process\.env/.test(readFileSync(path, 'utf8')));
  const allowed = [
    /^server\/main\//, // hand it to loadConfig
    /^server\/build\.mjs$/,
    /^server\/platform\/postgres-launcher\.ts$/, // hands PATH on to PostgreSQL
    /^client\/demo\//, // a command of its own
    /^client\/components\/receiver-snippet\.ts$/, // shows how a receiver reads its own
  ];
  expect(readers.filter((path) => !allowed.some((each) => each.test(path)))).toEqual([]);
});

test('no two modules import each other, however many lie between', () => {
  const files = ['server', 'schema', 'client'].flatMap(sourcesOf);
  const graph = new Map(
    files.map((path) => [path, importsOf(path).filter((to) => files.includes(to))]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: string[]) => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of files) visit(path, []);
  expect(circles).toEqual([]);
});
