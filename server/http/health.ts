import { type Exchange, replyWithJson } from './replies.ts';

const readyTimeoutMs = 2_000;

/** `/health/live`: the process answers. Nothing else is asked, so that no outage restarts it. */
export function replyLive(exchange: Exchange): void {
  replyWithJson(exchange, 200, { status: 'live' });
}

export interface Readiness {
  isDraining: boolean;
  /** Whether the database answers. May throw, and may never resolve. */
  isReady(): Promise<boolean> | boolean;
}

/** `/health/ready`: 200, or 503 with the reason in a word. */
export async function replyReady(exchange: Exchange, readiness: Readiness): Promise<void> {
  if (readiness.isDraining) return replyUnready(exchange, 'draining');
  if (!(await isReadyInTime(readiness))) return replyUnready(exchange, 'database');
  replyWithJson(exchange, 200, { status: 'ready' });
}

function replyUnready(exchange: Exchange, reason: 'draining' | 'database'): void {
  replyWithJson(exchange, 503, { status: 'unready', reason }, { 'retry-after': '1' });
}

async function isReadyInTime({ isReady }: Readiness): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, readyTimeoutMs, false);
  });
  const answer = (async () => isReady())().catch(() => false);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
