/**
 * What a document may cost before anybody knows what it does. Each rule looks at a document once:
 * Yoga keeps the parsed document with what validation said of it.
 */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type ParseOptions,
  parse,
  type Source,
  type ValidationContext,
  type ValidationRule,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../../schema/builder.ts';
import { UnauthenticatedError } from '../domain/errors.ts';
import { refuse } from './faults.ts';

export const limits = {
  /** Of a body, and of a message of a socket. */
  bodyBytesMax: 1_048_576,
  /** Of all headers of a request, as they are sent. */
  headerBytesMax: 16_384,
  /** Yoga keeps a thousand documents, whatever their length, so this bounds what they take. */
  queryCharactersMax: 32_768,
  /**
   * Some 500 fields. Validation compares fields pairwise: the worst document found took 65 ms with
   * 1,000 tokens and 160 ms with 2,000 (November 2026). The full introspection query has 183.
   */
  tokensMax: 1_000,
  depthMax: 12,
  aliasesMax: 15,
  directivesMax: 5,
  /**
   * The dearest page of the dashboard, that of API keys, costs some 1,600; a hundred pages of a hundred
   * things are too much.
   */
  costMax: 10_000,
  /** What each event of a subscription costs: one that is asked for once may be told a thousand times. */
  subscriptionCostMax: 500,
} as const;

/** GraphQL Armor throws unless it is given a reporter; what is thrown would not be remembered. */
const reporting = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) => {
      const sentence = message.replace(/^Syntax Error: /, '');
      context?.reportError(refuse('QUERY_TOO_COMPLEX', sentence));
    },
  ],
};

const rules = [
  // Introspection is deep by nature; a rule of GraphQL's own keeps it from going in circles.
  maxDepthRule({ n: limits.depthMax, flattenFragments: true, ...reporting }),
  maxAliasesRule({ n: limits.aliasesMax, allowList: [], ...reporting }),
  maxDirectivesRule({ n: limits.directivesMax, ...reporting }),
] as unknown as ValidationRule[];

export function useLimits(): Plugin {
  return {
    onParams({ params }) {
      if (typeof params?.query === 'string') demandQueryLength(params.query);
    },
    onParse({ setParseFn }) {
      setParseFn(parseWithinLimit);
    },
    onValidate({ addValidationRule }) {
      for (const rule of rules) addValidationRule(rule);
    },
  };
}

/** @throws {GraphQLError} QUERY_TOO_COMPLEX */
export function demandQueryLength(query: string): void {
  if (query.length <= limits.queryCharactersMax) return;
  throw refuse(
    'QUERY_TOO_COMPLEX',
    `The query must be at most ${limits.queryCharactersMax} characters long.`,
  );
}

function parseWithinLimit(source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: limits.tokensMax });
  } catch (error) {
    if (!(error instanceof GraphQLError && error.message.includes('tokens. Parsing aborted'))) {
      throw error;
    }
    throw refuse('QUERY_TOO_COMPLEX', `The query must have at most ${limits.tokensMax} tokens.`);
  }
}

/**
 * Refuses secrets over GET, where they would stand in the URL, and so in histories and access logs.
 * Fields that take one are marked `extensions: { takesSecret: true }`.
 */
export function useSecretsByPostOnly(schema: GraphQLSchema): Plugin {
  const names = new Set(
    Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) => Object.values(type.getFields()))
      .filter(({ extensions }) => extensions.takesSecret === true)
      .map(({ name }) => name),
  );
  return {
    onValidate({ context, params: { documentAST } }) {
      if ((context as { request?: Request }).request?.method !== 'GET') return;
      const name = findField(documentAST, names);
      if (name === null) return;
      throw refuse('FORBIDDEN', `${name} takes a secret, so it must be asked for with POST.`, {
        status: 405,
        headers: { allow: 'POST' },
      });
    },
  };
}

/** Refuses introspection to those who come without a credential. */
export function useAuthenticatedIntrospection(): Plugin {
  return {
    onValidate({ context, params: { documentAST } }) {
      if ((context as unknown as Context).call.actor.kind !== 'nobody') return;
      if (findField(documentAST, introspectionFields) === null) return;
      throw new UnauthenticatedError(
        'This server shows its schema to those who sign in, or send an API key or access token.',
      );
    },
  };
}

const introspectionFields: ReadonlySet<string> = new Set(['__schema', '__type']);

/** The first field with one of these names, of whatever type. */
function findField(document: DocumentNode, names: ReadonlySet<string>): string | null {
  let found: string | null = null;
  visit(document, {
    [Kind.FIELD]: ({ name }) => {
      if (names.has(name.value)) found ??= name.value;
    },
  });
  return found;
}
