/**
 * Operations that together read everything a schema has, made from the schema itself: whatever is
 * added to it is walked, too.
 *
 * A walk starts at a field of the query root. From what that returns it selects every scalar field,
 * and then goes along every field that returns more, `hops` times, taking one way in one operation so
 * that each stays within what the server takes. Lists it reads whole on the first hop; on the way to
 * what lies behind, a page of them will do.
 */
import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  Lexer,
  Source,
} from 'graphql';

/** A selected field. What is selected of it is empty for a scalar. */
export interface Selected {
  type: string;
  field: string;
  args: string;
  /** The type that the field's value must have, where it may have several. */
  on: string | null;
  of: Selected[];
}

/** Root fields to ask for at once: each with its arguments, and the same selected of each. */
export interface Start {
  field: string;
  /** One for each alias: names of arguments and values. */
  calls: Record<string, unknown>[];
  /** Of what is returned, where it may be of several types. */
  on?: string;
}

export interface Operation {
  start: Start;
  /** The only type of what the root field returns that is looked at. */
  type: GraphQLCompositeType;
  selected: Selected[];
}

/** What the server takes at most, of each document. */
export interface WalkLimits {
  depthMax: number;
  tokensMax: number;
}

export interface SchemaWalk {
  /** The operations that read what a start returns, and `hops` further. */
  operationsFrom(start: Start, hops: number): Operation[];
  write(operation: Operation): { query: string; variables: Record<string, unknown> };
}

/** A field that returns more than a scalar, with arguments that hold nothing back. */
interface Way {
  type: string;
  field: string;
  args: string;
  on: string | null;
  target: GraphQLCompositeType;
}

export function createSchemaWalk(schema: GraphQLSchema, limits: WalkLimits): SchemaWalk {
  const root = schema.getQueryType()!;

  function fieldsOf(type: GraphQLCompositeType): GraphQLField<unknown, unknown>[] {
    return 'getFields' in type ? Object.values(type.getFields()) : [];
  }

  function leavesOf(type: GraphQLCompositeType): Selected[] {
    return fieldsOf(type)
      .filter((field) => isLeafType(getNamedType(field.type)))
      .flatMap((field) =>
        waysOfCalling(field.args, true).map((args) => {
          return { type: type.name, field: field.name, args, on: null, of: [] };
        }),
      );
  }

  /** @param whole whether to leave nothing out of lists; otherwise they give the page that they like */
  function waysFrom(type: GraphQLCompositeType, whole: boolean): Way[] {
    return fieldsOf(type).flatMap((field) => {
      const target = getNamedType(field.type) as GraphQLNamedType;
      if (!isCompositeType(target)) return [];
      const targets = isAbstractType(target) ? schema.getPossibleTypes(target) : [target];
      return targets.flatMap((each) =>
        waysOfCalling(field.args, whole).map((args) => {
          const on = isAbstractType(target) ? each.name : null;
          return { type: type.name, field: field.name, args, on, target: each };
        }),
      );
    });
  }

  /** Everything of a type: with what a page of it holds, for a page is no more than a list. */
  function allOf(type: GraphQLCompositeType, depth: number): Selected[] {
    if (depth >= limits.depthMax) return [];
    const inside = (isPage(type) ? waysFrom(type, true) : []).flatMap((way) => {
      const of = allOf(way.target, depth + 1);
      return of.length ? [goAlong(way, of)] : [];
    });
    return [...leavesOf(type), ...inside];
  }

  /** The ways on from a type: from a page, those of what it holds. */
  function waysOn(type: GraphQLCompositeType, whole: boolean): Way[][] {
    return waysFrom(type, whole).flatMap((way) => {
      if (!isPage(type)) return [[way]];
      return waysOn(way.target, whole).map((rest) => [way, ...rest]);
    });
  }

  function operationsFrom(start: Start, hops: number): Operation[] {
    const returned = getNamedType(root.getFields()[start.field]!.type) as GraphQLCompositeType;
    const type = start.on ? (schema.getType(start.on) as GraphQLCompositeType) : returned;
    const trails: Way[][] = [[], ...(hops > 0 ? waysOn(type, true) : [])];
    let last: Way[][] = [[]];
    for (let hop = 0; hop < hops; hop += 1) {
      last = last.flatMap((trail) => {
        const at = trail.at(-1)?.target ?? type;
        return waysOn(at, false).map((rest) => [...trail, ...rest]);
      });
      if (hop > 0) trails.push(...last);
    }
    return trails.flatMap((trail) => {
      const target = trail.at(-1)?.target ?? type;
      const all = allOf(target, trail.length + 1);
      return split(all).map((part) => ({
        start,
        type,
        selected: trail.reduceRight((of, way) => [goAlong(way, of)], part),
      }));
    });
  }

  /** In as many parts as it takes to stay within the limit of tokens. */
  function split(selected: Selected[]): Selected[][] {
    const parts: Selected[][] = [];
    for (const each of selected) {
      const last = parts.at(-1);
      // Two of the same field, with other arguments, would need names of their own.
      const fits = last && !last.some(({ field }) => field === each.field);
      if (fits && countTokens(writeAll([...last, each])) < limits.tokensMax / 2) last.push(each);
      else parts.push([each]);
    }
    return parts;
  }

  function write({ start, type, selected }: Operation) {
    const args = root.getFields()[start.field]!.args;
    const variables: Record<string, unknown> = {};
    const declared: string[] = [];
    const asked = start.calls.map((call, n) => {
      const given = Object.entries(call).map(([name, value]) => {
        const variable = `${name}${n}`;
        variables[variable] = value;
        declared.push(`$${variable}: ${args.find((arg) => arg.name === name)!.type}`);
        return `${name}: $${variable}`;
      });
      return `a${n}: ${start.field}${given.length ? `(${given.join(', ')})` : ''} { ...All }`;
    });
    const head = declared.length ? `query (${declared.join(', ')})` : 'query';
    const query = `${head} { ${asked.join(' ')} } fragment All on ${type.name} { __typename ${writeAll(selected)} }`;
    return { query, variables };
  }

  return { operationsFrom, write };
}

function isPage(type: GraphQLCompositeType): boolean {
  return isObjectType(type) && /(Connection|Edge)$/.test(type.name);
}

function goAlong({ target: _, ...way }: Way, of: Selected[]): Selected {
  return { ...way, of };
}

function writeAll(selected: Selected[]): string {
  return selected.map(writeOne).join(' ');
}

function writeOne({ field, args, on, of }: Selected): string {
  if (of.length === 0) return `${field}${args}`;
  return `${field}${args} { ${on ? `... on ${on} { ${writeAll(of)} }` : writeAll(of)} }`;
}

function countTokens(text: string): number {
  const lexer = new Lexer(new Source(text));
  let count = 0;
  while (lexer.advance().kind !== '<EOF>') count += 1;
  return count;
}

/** Of the input types that must be given, what leaves nothing out. */
const requiredInputs: Record<string, string> = {
  AnalyticsRange: '{ days: 2, timeZone: "Asia/Kathmandu" }',
};

/**
 * The ways to call a field: with each value of an enum that must be given, and if nothing is to be
 * left out, as many as may be, from either end, once with every condition that holds for all.
 */
function waysOfCalling(args: readonly GraphQLArgument[], whole: boolean): string[] {
  const required = args.filter(isRequiredArgument);
  const choices = required.map(({ name, type }) => {
    const named = getNamedType(type);
    if (isEnumType(named)) return named.getValues().map((value) => `${name}: ${value.name}`);
    const value = requiredInputs[named.name];
    if (!value) throw new Error(`No value is known for the argument ${name}: ${type}.`);
    return [`${name}: ${value}`];
  });
  const combined = choices.reduce<string[]>(
    (sofar, values) => sofar.flatMap((text) => values.map((value) => `${text} ${value}`.trim())),
    [''],
  );
  const conditions = args
    .filter((arg) => !isRequiredArgument(arg))
    .flatMap((arg) => conditionFor(arg.name, arg.type) ?? []);
  const has = (name: string) => args.some((arg) => arg.name === name);
  const everything = has('first') ? [['first: 100'], ['last: 100', ...conditions]] : [conditions];
  const variants = whole ? everything : [[]];
  return combined.flatMap((given) =>
    variants.map((more) => [given, ...more].filter(Boolean).join(', ')).map(inBrackets),
  );
}

const inBrackets = (args: string) => (args ? `(${args})` : '');

/** A condition that holds for everything in the world; null where none is known. */
function conditionFor(name: string, type: GraphQLInputType): string | null {
  const nullable = getNullableType(type);
  const named = getNamedType(type);
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields());
    const held = fields.flatMap((field) => conditionFor(field.name, field.type) ?? []);
    return held.length ? `${name}: { ${held.join(', ')} }` : null;
  }
  if (isListType(nullable) && isEnumType(named)) {
    return `${name}: [${named.getValues().map((value) => value.name)}]`;
  }
  if (named.name === 'DateTime' && name === 'from') return `${name}: "2000-01-01T00:00:00Z"`;
  if (named.name === 'DateTime' && name === 'to') return `${name}: "2199-01-01T00:00:00Z"`;
  return null;
}
