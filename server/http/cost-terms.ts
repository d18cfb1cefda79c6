/**
 * Numbers that may depend on the variables of a request: what a document costs is reckoned as far as
 * it can be when it is first seen, and what is left is done for each request.
 */
import { type FieldNode, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { pageSizeDefault, pageSizeMax } from '../domain/keyset.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** One reckoning: what the client sent, and what was found out on the way. */
interface Asked {
  readonly variables: Variables;
  readonly known: Map<Term, number>;
}

/** A number, or how to reckon it from the variables. */
export type Term = number | ((asked: Asked) => number);

const reckon = (term: Term, asked: Asked) => (typeof term === 'number' ? term : term(asked));

export function sum(terms: readonly Term[]): Term {
  let fixed = 0;
  const open: Exclude<Term, number>[] = [];
  for (const term of terms) {
    if (typeof term === 'number') fixed += term;
    else open.push(term);
  }
  if (open.length === 0) return fixed;
  return (asked) => open.reduce((total, term) => total + term(asked), fixed);
}

export function product(a: Term, b: Term): Term {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  return (asked) => reckon(a, asked) * reckon(b, asked);
}

/** The same, reckoned once for each request however often it is asked for. */
export function once(term: Term): Term {
  if (typeof term === 'number') return term;
  const remembering = (asked: Asked): number => {
    const known = asked.known.get(remembering) ?? term(asked);
    asked.known.set(remembering, known);
    return known;
  };
  return remembering;
}

/** The value of an argument. */
interface Argument {
  /** Whether it depends on the variables. */
  readonly varies: boolean;
  of(variables: Variables): unknown;
}

function argumentOf(node: FieldNode, name: string): Argument {
  return lookUp(node.arguments?.find((each) => each.name.value === name)?.value);
}

export function lookUp(value: ValueNode | undefined): Argument {
  if (value?.kind === Kind.VARIABLE) {
    const name = value.name.value;
    return { varies: true, of: (variables) => variables[name] };
  }
  const fixed = value && valueFromASTUntyped(value);
  return { varies: false, of: () => fixed };
}

export function pageSizeOf(node: FieldNode): Term {
  const [first, last] = [argumentOf(node, 'first'), argumentOf(node, 'last')];
  const size = (variables: Variables) =>
    clamp(first.of(variables) ?? last.of(variables) ?? pageSizeDefault);
  return first.varies || last.varies ? once(({ variables }) => size(variables)) : size({});
}

export function lengthOf(node: FieldNode, name: string): Term {
  const list = argumentOf(node, name);
  const length = (variables: Variables) => {
    const value = list.of(variables);
    return clamp(Array.isArray(value) ? value.length : 1);
  };
  return list.varies ? ({ variables }) => length(variables) : length({});
}

/** What is no size, or no allowed one, is refused where it is read. */
function clamp(size: unknown): number {
  return typeof size === 'number' && size >= 1 ? Math.min(size, pageSizeMax) : 1;
}
