import type { LiveSource } from '../../server/domain/live/source.ts';

/** Everything that a source told somebody who listens. */
export interface Heard<Event> {
  readonly events: Event[];
  isOver: boolean;
  error: unknown;
  stop(): void;
}

export function listenTo<Event>(source: LiveSource<Event>): Heard<Event> {
  const heard: Heard<Event> = { events: [], isOver: false, error: undefined, stop: () => {} };
  heard.stop = source.listen({
    next: (event) => void heard.events.push(event),
    end: (error) => {
      heard.isOver = true;
      heard.error = error;
    },
  });
  return heard;
}
