/** What is put into requests beside, or instead of, what belongs there. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const lines = (text: string): string[] => text.trim().split(/\n */);

export const contentTypes = lines(`
  application/graphql
  application/json; charset=utf-16
  application/json;;
  APPLICATION/JSON
  text/plain
  application/x-www-form-urlencoded
  multipart/form-data; boundary=x
  application/graphql+json
  a/b/c`).concat('');

export const accepts = lines(`
  application/graphql-response+json
  application/json
  multipart/mixed
  text/html
  image/png
  */*;q=0
  text/event-stream
  ,;=
  application/json;q=nan`).concat('*/*, '.repeat(200));

export const encodings: Record<string, (body: Buffer) => Buffer> = {
  identity: (body) => body,
  gzip: (body) => gzipSync(body),
  br: (body) => brotliCompressSync(body),
  deflate: (body) => deflateSync(body),
  'gzip, gzip': (body) => gzipSync(gzipSync(body)),
  nonsense: (body) => body,
};

export const headerNames =
  `X-Request-Id Origin Sec-Fetch-Site Sec-Fetch-Mode Cookie Authorization X-API-Key
  User-Agent If-None-Match If-Modified-Since Range Expect Upgrade Connection Forwarded X-Forwarded-For Host
  Transfer-Encoding Content-Length Content-Encoding TE Trailer Referer Accept-Encoding __proto__ constructor
  X-HTTP-Method-Override Access-Control-Request-Method Sec-WebSocket-Key Sec-WebSocket-Version`.split(
    /\s+/,
  );

export const headerValues = lines(`
  null
  https://evil.example
  cross-site
  same-origin
  Bearer
  Bearer  x y
  Basic YTpi
  close
  latchkey=
  latchkey=x; latchkey=y
  sk_live_x
  lkp_x
  100-continue
  websocket
  keep-alive, Upgrade
  chunked
  chunked, chunked
  -1
  1e3
  99999999999999999999
  bytes=0-0
  "*"
  é
  ::1, 10.0.0.1
  %00
  ../../x
  [object Object]`).concat('', '\x7f', 'a\tb', 'x'.repeat(9_000), '1.2.3.4, '.repeat(200));

const token = 'A'.repeat(53);

export const paths =
  `/export/logs /export/sessions /health/ready /health/live /.well-known/jwks.json
  /schema.graphql /s/${token} /s/${token}/qr.svg / /index.html /sign-in /projects/x /assets/ /favicon.ico /metrics
  // /%00 /% /%ff /..%2f..%2fetc/passwd /assets/../../package.json /graphql/ /GraphQL /assets/%2e%2e/
  http://other.example/graphql * ? /graphql? /graphql#x /__proto__ /constructor /${'a/'.repeat(2_000)}`.split(
    /\s+/,
  );
