import { builder } from '../builder.ts';

/** What a deletion answers. */
export function deletedPayload(name: string, description: string) {
  return builder.objectRef<{ deletedId: string }>(name).implement({
    description,
    fields: (t) => ({
      deletedId: t.exposeID('deletedId', { description: 'The id that it had.' }),
    }),
  });
}
