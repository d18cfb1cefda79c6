import type { Events } from '../../platform/events.ts';

const kinds = new Set(['environment', 'project', 'workspace']);

/** Tells, for as long as the process lives, when something that is watched may be gone. */
export function whenScopesChange(events: Events, tell: () => void): void {
  events.listen({
    reset: tell,
    message: ({ kind }) => {
      if (kinds.has(kind)) tell();
    },
  });
}
