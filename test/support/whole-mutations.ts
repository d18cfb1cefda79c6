import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  isUnionType,
} from 'graphql';

/** A document for every mutation, by name, that selects all it returns, and all of what that leads to. */
export function wholeMutations(schema: GraphQLSchema): Map<string, string> {
  const fields = Object.values(schema.getMutationType()!.getFields());
  return new Map(
    fields.map(({ name, args, type }) => {
      const result = getNamedType(type);
      const members = isUnionType(result) ? schema.getPossibleTypes(result) : [];
      const selected = members.map(
        (member) => `... on ${member.name} { ${everything(member, 2)} }`,
      );
      const document = `mutation ($input: ${args[0]!.type}) { answer: ${name}(input: $input) {
        __typename ${selected.join(' ')} } }`;
      return [name, document];
    }),
  );
}

/** The fields of a type that take no arguments, and so many types further. */
function everything(type: GraphQLObjectType, hops: number): string {
  return Object.values(type.getFields())
    .flatMap(({ name, type: returned, args }) => {
      const target = getNamedType(returned);
      if (isLeafType(target)) return [name];
      if (hops === 0 || !isObjectType(target) || args.length > 0) return [];
      const inside = everything(target, hops - 1);
      return inside ? [`${name} { ${inside} }`] : [];
    })
    .join(' ');
}
