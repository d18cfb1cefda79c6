/** Mutations of texts, of JSON and of bytes, such that what fails can be made smaller and replayed. */
import fc from 'fast-check';

/** One change of a text or of bytes. */
export interface Edit {
  /** Where, modulo the length. */
  at: number;
  kind: 'insert' | 'delete' | 'repeat' | 'replace';
  length: number;
  text: string;
}

/** Pieces of GraphQL, of JSON and of what breaks parsers of text. */
const pieces = [
  ...'{}()[]"\':,!$@#.\\/&|=%+-\0\n\r\t\u2028\uFEFF\ud800😀é',
  ...[
    '"""',
    '...',
    '...on Node',
    '__typename',
    '__schema{types{name}}',
    '@defer',
    '@stream(initialCount:1)',
  ],
  ...[
    '@skip(if:true)',
    '@include(if:$x)',
    '@nope',
    '$x:ID!',
    '$x:[[Int!]!]=[[1]]',
    'fragment F on Query{...F}',
  ],
  ...[
    'query A{__typename}',
    'mutation',
    'subscription',
    'a:__typename ',
    '-0',
    '1e999',
    '9'.repeat(40),
  ],
  ...[
    'null',
    'true',
    '{a'.repeat(50),
    '[['.repeat(600),
    '"\\u0000"',
    '"\\ud800"',
    '\\u{110000}',
    '# \r',
    '%00',
    '%ff',
    '../',
  ],
];

export const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...pieces) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

export const edits = (most: number): fc.Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      at: fc.nat(40_000),
      kind: fc.constantFrom('insert', 'delete', 'repeat', 'replace'),
      length: fc.nat(30),
      text: piece,
    }),
    { maxLength: most },
  );

export function editText(text: string, changes: readonly Edit[]): string {
  let edited = text;
  for (const { at, kind, length, text: added } of changes) {
    const from = at % (edited.length + 1);
    const [head, tail] = [edited.slice(0, from), edited.slice(from)];
    const taken = tail.slice(0, length);
    if (kind === 'insert') edited = head + added + tail;
    else if (kind === 'delete') edited = head + tail.slice(length);
    else if (kind === 'repeat') edited = head + taken.repeat(3) + tail;
    else edited = head + added + tail.slice(length);
  }
  return edited;
}

export function editBytes(bytes: Buffer, changes: readonly Edit[]): Buffer {
  return Buffer.from(editText(bytes.toString('latin1'), changes), 'latin1');
}

/** What nobody expects in a variable. */
const strange: unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    -1e308,
    '',
    ' ',
    'a\0b',
    '\ud800',
    'x'.repeat(5_000),
  ],
  ...[
    [],
    {},
    [[[]]],
    { toString: 1 },
    JSON.parse('{"__proto__": {"a": 1}}'),
    ['a', null],
    '\u202e\u0300',
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '-271821-04-20T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ],
  ...[
    'eyJ9',
    'MTIz',
    'prj_00000000000000000000000000',
    'ses_7zzzzzzzzzzzzzzzzzzzzzzzzz',
    'prj_',
    '_',
    'DROP TABLE',
  ],
  ...[
    'Europe/Berlin',
    'http://[::1]:0/',
    'https://a@b:c@d/',
    'javascript:1',
    'file:///etc/passwd',
    '%_\\',
    "';--",
  ],
  JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`),
];

export interface JsonEdit {
  /** Which of all values, modulo their number. */
  at: number;
  kind: 'replace' | 'remove' | 'add' | 'wrap';
  value: unknown;
}

export const jsonEdits = (most: number, known: readonly string[]): fc.Arbitrary<JsonEdit[]> =>
  fc.array(
    fc.record({
      at: fc.nat(1_000),
      kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'wrap'),
      value: fc.oneof(fc.constantFrom(...strange), fc.constantFrom(...known), fc.jsonValue()),
    }),
    { maxLength: most },
  );

/** A copy with some of its values changed, wherever they are. */
export function editJson(original: unknown, changes: readonly JsonEdit[]): unknown {
  const box = { value: structuredClone(original) };
  for (const { at, kind, value } of changes) {
    // Of its own: what is put in may be edited in turn, and may not come to hold itself.
    const other = structuredClone(value);
    const places: [Record<string, unknown>, string][] = [];
    collect(box, places);
    const [parent, key] = places[at % places.length]!;
    if (kind === 'replace') parent[key] = other;
    else if (kind === 'wrap') parent[key] = [parent[key]];
    else if (kind === 'add') parent[`${key}x`] = other;
    else if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else if (parent !== box) delete parent[key];
  }
  return box.value;
}

function collect(parent: object, places: [Record<string, unknown>, string][], depth = 0): void {
  for (const [key, value] of Object.entries(parent)) {
    places.push([parent as Record<string, unknown>, key]);
    if (typeof value === 'object' && value !== null && depth < 12)
      collect(value, places, depth + 1);
  }
}
