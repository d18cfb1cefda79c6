/** HTTP requests that are almost right, as bytes. */
import fc from 'fast-check';
import type { Known, Seed } from './fuzz-corpus.ts';
import { editBytes, editJson, edits, editText, jsonEdits, piece } from './fuzz-values.ts';
import {
  accepts,
  contentTypes,
  encodings,
  headerNames,
  headerValues,
  paths,
} from './fuzz-words.ts';

export interface Shot {
  /** What is written, piece by piece. */
  pieces: Buffer[];
  /** Whether it is one whole request, to which a whole reply is due. */
  isWhole: boolean;
  /** Whether the method is one without a body in the reply. */
  isHead: boolean;
}

export type Credentials = readonly Readonly<Record<string, string>>[];

const rarely = <T>(usual: T, arbitrary: fc.Arbitrary<T>, usually = 5) =>
  fc.oneof({ weight: usually, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });

export interface ShotOptions {
  seeds: readonly Seed[];
  known: Known;
  credentials: Credentials;
}

/** @returns shots of which most get past the first checks */
export function shots({ seeds, known, credentials }: ShotOptions): fc.Arbitrary<Shot> {
  const asked = fc
    .record({
      seed: fc.constantFrom(...seeds),
      document: rarely([], edits(6), 1),
      variables: rarely([], jsonEdits(4, known), 1),
      params: rarely([], jsonEdits(3, known), 6),
    })
    .map(({ seed, document, variables, params }) => {
      const query = editText(seed.query, document);
      return editJson({ query, variables: editJson(seed.variables, variables) }, params);
    });
  const exported = fc
    .record({
      format: fc.constantFrom('csv', 'jsonl'),
      filter: jsonEdits(3, known).map((some) =>
        editJson({ search: 'a', from: '2026-01-01T00:00:00Z', types: ['key.created'] }, some),
      ),
    })
    .chain((body) => jsonEdits(2, known).map((some) => editJson(body, some)));
  return fc
    .record({
      method: rarely(
        'POST',
        fc.constantFrom('GET', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'),
      ),
      path: rarely('/graphql', fc.constantFrom(...paths), 3),
      pathEdits: rarely([], edits(2), 15),
      body: fc.oneof({ weight: 6, arbitrary: asked }, { weight: 1, arbitrary: exported }),
      bodyEdits: rarely([], edits(3), 8),
      credential: fc.constantFrom(...credentials),
      credentialEdits: rarely([], edits(1), 15),
      type: rarely('application/json', fc.constantFrom(...contentTypes), 12),
      encoding: rarely('identity', fc.constantFrom(...Object.keys(encodings)), 15),
      accept: rarely('', fc.constantFrom(...accepts), 2),
      more: rarely(
        [],
        fc.array(
          fc.tuple(
            fc.constantFrom(...headerNames),
            fc.oneof(fc.constantFrom(...headerValues), piece),
          ),
          {
            maxLength: 3,
          },
        ),
        2,
      ),
      framing: rarely('length', fc.constantFrom('chunked', 'shorter', 'longer', 'none', 'both')),
      bytes: rarely([], edits(4), 12),
      split: fc.nat(2_000),
      address: fc.integer({ min: 0, max: 0xffffff }),
    })
    .map((made) => shotOf(made));
}

type Made = {
  method: string;
  path: string;
  pathEdits: Parameters<typeof editText>[1];
  body: unknown;
  bodyEdits: Parameters<typeof editText>[1];
  credential: Credentials[number];
  credentialEdits: Parameters<typeof editText>[1];
  type: string;
  encoding: string;
  accept: string;
  more: [string, string][];
  framing: string;
  bytes: Parameters<typeof editText>[1];
  split: number;
  address: number;
};

function shotOf(made: Made): Shot {
  const { method, framing, encoding, accept, more, split } = made;
  const isGet = method === 'GET' || method === 'HEAD';
  const text = editText(JSON.stringify(made.body) ?? '', made.bodyEdits);
  const body = encodings[encoding]!(Buffer.from(isGet ? '' : text));
  const path = editText(
    isGet && made.path === '/graphql' ? queryOf(made.body) : made.path,
    made.pathEdits,
  );
  const ip = [10, made.address >> 16, (made.address >> 8) & 255, made.address & 255].join('.');
  const headers: [string, string][] = [
    ['Host', '127.0.0.1'],
    ['X-Forwarded-For', ip],
  ];
  if (!isGet) headers.push(['Content-Type', made.type]);
  if (encoding !== 'identity') headers.push(['Content-Encoding', encoding]);
  if (accept !== '') headers.push(['Accept', accept]);
  for (const [name, value] of Object.entries(made.credential)) {
    headers.push([name, editText(value, made.credentialEdits)]);
  }
  headers.push(...more);
  const lengths: Record<string, number> = { length: 0, both: 0, shorter: -3, longer: 7 };
  const off = lengths[framing];
  if (off !== undefined) headers.push(['Content-Length', String(Math.max(0, body.length + off))]);
  const isChunked = framing === 'chunked' || framing === 'both';
  if (isChunked) headers.push(['Transfer-Encoding', 'chunked']);
  const head = `${method} ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const sent = isChunked ? chunk(body, split) : body;
  const bytes = editBytes(Buffer.concat([Buffer.from(head), sent]), made.bytes);
  const at = split % (bytes.length + 1);
  // Headers of chance may change how long the request is, or keep the reply from ending.
  const isWhole =
    made.bytes.length + more.length + made.pathEdits.length + made.credentialEdits.length === 0 &&
    (framing === 'length' || framing === 'chunked') &&
    !accept.includes('event-stream') &&
    !/[^\x20-\x7e]/.test(head.replaceAll('\r\n', ''));
  return {
    pieces: [bytes.subarray(0, at), bytes.subarray(at)],
    isWhole,
    isHead: method === 'HEAD',
  };
}

function chunk(body: Buffer, split: number): Buffer {
  const size = (split % 400) + 1;
  const chunks: Buffer[] = [];
  for (let from = 0; from < body.length; from += size) {
    const part = body.subarray(from, from + size);
    chunks.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

function queryOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '/graphql';
  const pairs = Object.entries(body).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.toWellFormed() : (JSON.stringify(value) ?? ''),
  ]);
  return `/graphql?${new URLSearchParams(pairs)}`;
}
