import type { Tools } from '../call.ts';

/** What something live needs of a process. */
export type LiveTools = Pick<Tools, 'db' | 'events' | 'activity'>;

/**
 * One for each process, made when it is first asked for: what many watch is followed once.
 *
 * @param make called once for the tools of a process
 */
export function onePerProcess<Hub>(make: (tools: LiveTools) => Hub): (tools: LiveTools) => Hub {
  const hubs = new WeakMap<object, Hub>();
  return (tools) => {
    let hub = hubs.get(tools.activity);
    if (!hub) {
      hub = make(tools);
      hubs.set(tools.activity, hub);
    }
    return hub;
  };
}
