import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tools } from '../domain/call.ts';
import {
  type ClaimedDelivery,
  claimDeliveries,
  lookAtEndpoints,
} from '../domain/webhooks/claim.ts';
import { deliver } from '../domain/webhooks/deliver.ts';
import { failuresUntilPaced, perEndpointMax } from '../domain/webhooks/delivery.ts';
import { fanOut } from '../domain/webhooks/fan-out.ts';
import { createOutcomeRecorder } from '../domain/webhooks/record.ts';
import { isDatabaseUnavailable } from '../platform/db.ts';
import type { Logger } from '../platform/log.ts';

/** How often the database is asked what is due: retries, and what other processes left. */
const lookEveryMs = 1_000;
/** Hints come with every commit: those that come in so short a time are taken together. */
const fanOutEveryMs = 20;
/** Attempts of this process under way, to all endpoints. Each is a socket and a few kilobytes. */
const attemptsMax = 512;

export interface RunningDelivery {
  /**
   * Claims nothing more, and resolves when no attempt is under way, or at the end of the time. What is
   * then broken off is not recorded: its lease lapses, and another process or the next sends it again.
   */
  stop(timeoutMs: number): Promise<void>;
}

/** Starts to deliver webhooks: at once what a hint tells of, within a second all else. */
export function startDelivery(tools: Tools, log: Logger): RunningDelivery {
  const { db } = tools;
  const recorder = createOutcomeRecorder(db);
  const underWay = new Set<Promise<void>>();
  const perEndpoint = new Map<string, number>();
  /** Endpoints to ask for more. */
  const wanted = new Set<string>();
  /** Endpoints that were given all they had room for, while they work on it. */
  const hasMore = new Set<string>();
  /** Endpoints that do nothing but fail: asked at each look only, for one delivery. */
  let paced = new Set<string>();
  const breakOff = new AbortController();
  setMaxListeners(attemptsMax, breakOff.signal); // else Node warns of a leak at eleven
  let stopped = false;
  let hinted = false;
  let wake = () => {};

  tools.webhookHint.onGiven(() => {
    if (!hinted) wake();
    hinted = true;
  });

  function want(endpointId: string): void {
    if (!paced.has(endpointId)) wanted.add(endpointId);
  }

  function goOn(endpointId: string): void {
    want(endpointId);
    wake();
  }

  function count(endpointId: string, change: number): void {
    const sum = (perEndpoint.get(endpointId) ?? 0) + change;
    if (sum > 0) return void perEndpoint.set(endpointId, sum);
    perEndpoint.delete(endpointId);
    hasMore.delete(endpointId);
  }

  async function attempt(claimed: ClaimedDelivery): Promise<void> {
    const { endpointId } = claimed;
    let counts = true;
    const makeRoom = () => {
      if (counts) count(endpointId, -1);
      counts = false;
    };
    count(endpointId, +1);
    try {
      // What succeeded makes room while it is being recorded: else the receiver would wait for us.
      const { recorded, failures } = await deliver(
        tools,
        recorder,
        claimed,
        breakOff.signal,
        () => {
          const more = hasMore.has(endpointId);
          makeRoom();
          if (more) goOn(endpointId);
        },
      );
      if (failures >= failuresUntilPaced) paced.add(endpointId);
      else if (recorded) paced.delete(endpointId);
    } catch (error) {
      if (!breakOff.signal.aborted && !isDatabaseUnavailable(error)) {
        log.error({ err: error, deliveryId: claimed.id }, 'A webhook attempt was not recorded');
      }
    } finally {
      makeRoom();
      goOn(endpointId); // also for what this one held back
    }
  }

  async function claimWanted(): Promise<void> {
    const rooms = new Map<string, number>();
    let free = attemptsMax - underWay.size;
    for (const endpointId of wanted) {
      if (free <= 0) break; // whatever ends wakes us, and finds the rest still wanted
      wanted.delete(endpointId);
      const most = paced.has(endpointId) ? 1 : perEndpointMax;
      const room = most - (perEndpoint.get(endpointId) ?? 0);
      if (room <= 0) continue; // its attempts want it again when they end
      rooms.set(endpointId, Math.min(room, free));
      free -= room;
    }
    if (rooms.size === 0) return;
    const claimed = await claimDeliveries(db, rooms);
    for (const [endpointId, room] of rooms) {
      const own = claimed.filter((each) => each.endpointId === endpointId);
      if (own.length >= room) hasMore.add(endpointId);
      else hasMore.delete(endpointId);
    }
    for (const each of claimed) {
      const attempted = attempt(each).finally(() => underWay.delete(attempted));
      underWay.add(attempted);
    }
  }

  async function run(): Promise<void> {
    let lookedAt = Number.NEGATIVE_INFINITY;
    let fannedOutAt = Number.NEGATIVE_INFINITY;
    while (!stopped) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        const now = performance.now();
        const isTime = now - lookedAt >= lookEveryMs;
        if (isTime) {
          lookedAt = now;
          const look = await lookAtEndpoints(db);
          for (const endpointId of look.due) wanted.add(endpointId);
          paced = new Set(look.paced);
        }
        if (isTime || (hinted && now - fannedOutAt >= fanOutEveryMs)) {
          fannedOutAt = now;
          hinted = false;
          const { endpointIds, more } = await fanOut(db);
          endpointIds.forEach(want);
          hinted ||= more;
        }
        await claimWanted();
      } catch (error) {
        // While the database is away each look would say so: the requests do, and readiness. So it is of
        // two processes that lock the same rows in different orders, of which PostgreSQL ends one.
        if (!isDatabaseUnavailable(error)) {
          log.error({ err: error }, 'Delivering webhooks failed');
        }
        lookedAt = Number.NEGATIVE_INFINITY;
        await Promise.race([sleep(lookEveryMs), woken]);
      }
      const nextAt = Math.min(
        lookedAt + lookEveryMs,
        hinted ? fannedOutAt + fanOutEveryMs : Number.POSITIVE_INFINITY,
      );
      const timer = setTimeout(wake, nextAt - performance.now());
      await woken;
      clearTimeout(timer);
    }
  }

  const running = run();
  return {
    async stop(timeoutMs) {
      stopped = true;
      wake();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([running.then(() => Promise.all(underWay)), late]);
      clearTimeout(timer);
      breakOff.abort();
    },
  };
}
