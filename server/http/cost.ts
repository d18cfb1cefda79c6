/**
 * What an operation may cost, known before anything of it is executed: about one for each thing that
 * may have to be loaded.
 *
 * - A field that answers an object costs 1, one that answers a scalar nothing, unless its
 *   `extensions: { cost: { own } }` say otherwise; a field of Mutation or Subscription costs 10.
 * - A connection costs as many as its page may hold, by `first`, `last` or the default, and what is
 *   asked of each node counts as many times. Pages in pages multiply.
 * - A list without pages costs as many as it may hold, which its field says: `extensions: { cost:
 *   { atMost: 20 } }`. One that is asked for by a list of ids has `{ sizedBy: 'ids' }`. One that is short
 *   by nature, such as the kinds of something, says nothing and is taken for ten.
 *
 * It never says too little of what is written there. It may say too much: a field that is asked for
 * twice counts twice, and so do the types that an interface might turn out to be. Introspection has one
 * price however much of the schema it asks for: rules of its own bound how deep it goes.
 *
 * A document is looked at once. What depends on variables is then a few additions for each request, and
 * what does not is a number.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isUnionType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
  valueFromASTUntyped,
} from 'graphql';
import {
  lengthOf,
  lookUp,
  once,
  pageSizeOf,
  product,
  sum,
  type Term,
  type Variables,
} from './cost-terms.ts';

/** In the `extensions` of a field, as `cost`. */
export interface FieldCost {
  /** What the field itself costs, without what is asked of its answer. */
  readonly own?: number;
  /** The argument whose length is that of the list. */
  readonly sizedBy?: string;
  /** How long the list may be, where it has no pages. */
  readonly atMost?: number;
}

const writeCost = 10;
const shortList = 10;
/** The whole schema takes some 20 ms and 250 KB (November 2026), and tools ask for it once. */
const introspectionCost = 2_000;

/** What is to be executed: the part of ExecutionArgs that says what it costs. */
export interface Operation {
  readonly schema: GraphQLSchema;
  /** Valid for the schema. */
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Variables | null;
}

/** What is known of each document, by the names of its operations; the nameless one is null. */
const read = new WeakMap<DocumentNode, ReadonlyMap<string | null, Term>>();

/** 0.15 µs where it depends on no variable, 1 µs where it does (November 2026). */
export function costOf({ schema, document, operationName, variableValues }: Operation): number {
  let operations = read.get(document);
  if (operations === undefined) {
    operations = new DocumentReader(schema, document).readOperations();
    read.set(document, operations);
  }
  const cost =
    operationName == null ? operations.values().next().value : operations.get(operationName);
  if (cost === undefined || typeof cost === 'number') return cost ?? 0;
  return cost({ variables: variableValues ?? {}, known: new Map() });
}

class DocumentReader {
  readonly #schema: GraphQLSchema;
  readonly #operations: OperationDefinitionNode[] = [];
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  /** What fragments cost, by the page in which they stand: else documents could grow without bound. */
  readonly #read = new Map<Term | null, Map<string, Term>>();

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) this.#operations.push(definition);
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        this.#fragments.set(definition.name.value, definition);
      }
    }
  }

  readOperations(): Map<string | null, Term> {
    return new Map(
      this.#operations.map((each) => [each.name?.value ?? null, this.#operation(each)]),
    );
  }

  #operation({ operation, variableDefinitions = [], selectionSet }: OperationDefinitionNode): Term {
    const type = this.#schema.getRootType(operation);
    const cost = type ? this.#selections(selectionSet, type, null) : 0;
    if (typeof cost === 'number') return cost;
    const defaults: Record<string, unknown> = {};
    for (const { variable, defaultValue } of variableDefinitions) {
      if (defaultValue) defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
    }
    return ({ variables, known }) => cost({ variables: { ...defaults, ...variables }, known });
  }

  /** @param page how many nodes the connection has whose selections these are; null: it is none */
  #selections(
    { selections }: SelectionSetNode,
    type: GraphQLCompositeType,
    page: Term | null,
  ): Term {
    return sum(selections.map((each) => this.#unlessSkipped(each, this.#one(each, type, page))));
  }

  #unlessSkipped({ directives = [] }: SelectionNode, cost: Term): Term {
    let left = cost;
    for (const { name, arguments: [condition] = [] } of directives) {
      const wanted = name.value === 'include';
      if (!condition || !(wanted || name.value === 'skip')) continue;
      const { varies, of } = lookUp(condition.value);
      const share = (variables: Variables) => (of(variables) === wanted ? 1 : 0);
      left = product(left, varies ? ({ variables }) => share(variables) : share({}));
    }
    return left;
  }

  #one(node: SelectionNode, type: GraphQLCompositeType, page: Term | null): Term {
    if (node.kind === Kind.FIELD) return this.#field(node, type, page);
    if (node.kind === Kind.FRAGMENT_SPREAD) return this.#fragment(node.name.value, page);
    return this.#selections(node.selectionSet, this.#typeOf(node) ?? type, page);
  }

  #fragment(name: string, page: Term | null): Term {
    const costs = this.#read.get(page) ?? new Map<string, Term>();
    this.#read.set(page, costs);
    const known = costs.get(name);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    const type = fragment && this.#typeOf(fragment);
    const cost = once(type ? this.#selections(fragment.selectionSet, type, page) : 0);
    costs.set(name, cost);
    return cost;
  }

  #typeOf({ typeCondition }: { typeCondition?: NamedTypeNode }): GraphQLCompositeType | null {
    const type = typeCondition && typeFromAST(this.#schema, typeCondition);
    return isCompositeType(type) ? type : null;
  }

  #field(node: FieldNode, parent: GraphQLCompositeType, page: Term | null): Term {
    const field = isUnionType(parent) ? undefined : parent.getFields()[node.name.value];
    if (!field) return node.name.value === '__typename' ? 0 : introspectionCost;
    const type = getNamedType(field.type);
    const { own, sizedBy, atMost = shortList } = (field.extensions.cost ?? {}) as FieldCost;
    if (!isCompositeType(type) || !node.selectionSet) return own ?? 0;

    const nodes = field.args.some(({ name }) => name === 'first') ? pageSizeOf(node) : null;
    const each = sum([
      nodes ?? own ?? this.#usualCost(parent),
      this.#selections(node.selectionSet, type, nodes),
    ]);
    if (!isListType(getNullableType(field.type))) return each;
    if (sizedBy) return product(each, lengthOf(node, sizedBy));
    return product(each, page ?? atMost);
  }

  /** Of a field that answers objects. What a connection is made of is paid for with its page. */
  #usualCost(parent: GraphQLCompositeType): number {
    if (/(Connection|Edge)$/.test(parent.name)) return 0;
    const isWrite =
      parent === this.#schema.getMutationType() || parent === this.#schema.getSubscriptionType();
    return isWrite ? writeCost : 1;
  }
}
