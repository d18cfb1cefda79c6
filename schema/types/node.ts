import type { Call } from '../../server/domain/call.ts';
import { type IdKind, kindOfId } from '../../server/domain/ids.ts';
import { invalid } from '../../server/domain/validation.ts';
import { builder } from '../builder.ts';

const idsMax = 100;

type FindNode = (call: Call, id: string) => Promise<{ id: string } | null>;

const nodes = new Map<IdKind, { typename: string; find: FindNode }>();

/**
 * Says how `node` finds things of this kind. `find` is the same function that the type's own query
 * uses, so both show an actor the same.
 */
export function addNode(kind: IdKind, typename: string, find: FindNode): void {
  nodes.set(kind, { typename, find });
}

function nodeOf(id: string) {
  const kind = kindOfId(id);
  return kind ? nodes.get(kind) : undefined;
}

async function findNode(call: Call, id: string): Promise<{ id: string } | null> {
  return (await nodeOf(id)?.find(call, id)) ?? null;
}

export const Node = builder.interfaceRef<{ id: string }>('Node').implement({
  description: 'Anything with an id of its own.',
  // The prefix of the id says the type.
  resolveType: ({ id }) => nodeOf(id)?.typename,
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Opaque, unique everywhere, and the same in URLs, logs and events.',
    }),
  }),
});

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: 'The thing with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'An id of any kind.' }) },
    resolve: (_root, { id }, { call }) => findNode(call, id),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: 'The things with these ids, in their order; null for each that you may not see.',
    extensions: { cost: { sizedBy: 'ids' } },
    args: {
      ids: t.arg.idList({ required: true, description: 'Ids of any kind, at most 100.' }),
    },
    resolve: (_root, { ids }, { call }) => {
      if (ids.length > idsMax) invalid('ids', `Must be at most ${idsMax} ids.`);
      return Promise.all(ids.map((id) => findNode(call, id)));
    },
  }),
}));
