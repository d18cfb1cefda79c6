import { afterAll } from 'vitest';
import type { Tools } from '../../server/domain/call.ts';
import type { LiveSource } from '../../server/domain/live/source.ts';
import { closeDb } from '../../server/platform/db.ts';
import { createTestTools } from './call.ts';
import { createTestDatabase } from './database.ts';

/** A database for the test file, and the tools of two processes on it that hear of each other's changes. */
export async function setUpLiveTools(): Promise<{ tools: Tools; other: Tools }> {
  const { url } = await createTestDatabase();
  const tools = createTestTools(url);
  const other = createTestTools(url, { masterKeys: tools.masterKeys });
  await Promise.all([tools.events.start(), other.events.start()]);
  afterAll(async () => {
    await Promise.all([tools.events.stop(), other.events.stop()]);
    await Promise.all([closeDb(tools.db), closeDb(other.db)]);
  });
  return { tools, other };
}

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
