import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { buildSchema, isInterfaceType, print } from 'graphql';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root,
  logLevel: 'warn',
  define: { __POSSIBLE_TYPES__: JSON.stringify(readPossibleTypes()) },
  plugins: [inlineDocuments(), compress()],
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    // What tokens.css is written in: light-dark() and nesting.
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0, // the policy allows no data: fonts
    manifest: true,
    modulePreload: { polyfill: false },
  },
});

/** Which types each interface has, so that the cache need not guess what a fragment on one matches. */
function readPossibleTypes(): Record<string, string[]> {
  const schema = buildSchema(
    readFileSync(new URL('../schema/schema.graphql', import.meta.url), 'utf8'),
  );
  const interfaces = Object.values(schema.getTypeMap()).filter(isInterfaceType);
  return Object.fromEntries(
    interfaces.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
  );
}

/**
 * Puts each document where it is written. Codegen's `graphql()` looks it up in a table of all
 * documents, which would make every page load those of all others.
 */
function inlineDocuments(): Plugin {
  const generated = readFileSync(new URL('./gql/graphql.ts', import.meta.url), 'utf8');
  const documents = new Map(
    [...generated.matchAll(/^export const (\w+)Document = (\{.*\}) as unknown as /gm)].map(
      ([, name, json]) => [name, json],
    ),
  );
  return {
    name: 'latchkey:inline-documents',
    enforce: 'pre',
    transform: {
      filter: { id: /\/client\/(?!gql\/).*\.tsx?$/, code: 'graphql(`' },
      handler(code) {
        return code.replace(/\bgraphql\(\s*`([\s\S]*?)`,?\s*\)/g, (_call, source: string) => {
          const [, kind, name] =
            /(query|mutation|subscription|fragment)\s+(\w+)/.exec(source) ?? [];
          // Of a fragment only the type is used: operations contain those they spread.
          if (kind === 'fragment') return 'null as any';
          const json = documents.get(name);
          if (!json) throw new Error(`client/gql does not know ${name}: generate it again.`);
          // As text, with its fragments: half the size of the tree, which urql makes of it anyway.
          return `(${JSON.stringify(print(JSON.parse(json)))} as any)`;
        });
      },
    },
  };
}

/** Packs what can be packed, once, at a strength that would be too slow for each request. */
function compress(): Plugin {
  return {
    name: 'latchkey:compress',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      for (const file of Object.keys(bundle).filter((name) => /\.(js|css|svg|html)$/.test(name))) {
        const path = `${dir}/${file}`;
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
