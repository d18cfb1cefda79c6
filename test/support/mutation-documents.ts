import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** A document for every mutation of the schema, with input that fits its types and means nothing. */
export function mutationDocuments(schema: GraphQLSchema): { name: string; document: string }[] {
  return Object.values(schema.getMutationType()!.getFields()).map(({ name, args }) => {
    const [input] = args;
    const document = `mutation { answer: ${name}(input: ${literalOf(input!.type)}) {
      __typename ... on UserError { code message } } }`;
    return { name, document };
  });
}

const scalars: Record<string, string> = {
  Boolean: 'true',
  DateTime: '"2099-01-01T00:00:00Z"',
  Float: '1.5',
  ID: '"prj_00000000000000000000000000"',
  Int: '1',
  JSON: '"anything"',
  String: '"anything"',
};

/** Every field is set, also those that need not be. */
function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType);
  if (isListType(type)) return `[${literalOf(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return `{ ${fields.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`;
  }
  const literal = scalars[type.name];
  if (literal === undefined) throw new Error(`No value is known for the scalar ${type.name}.`);
  return literal;
}
