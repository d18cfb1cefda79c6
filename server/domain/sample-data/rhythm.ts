import { Random } from './random.ts';

/** How busy each hour is, in UTC: quiet before dawn, a morning, a lunch break, a longer evening. */
const hours = [
  8, 5, 3, 2, 2, 4, 12, 28, 52, 74, 82, 78, 66, 72, 80, 78, 74, 76, 84, 92, 96, 74, 42, 20,
];
/** The same of each day of the week, from Sunday. */
const days = [58, 104, 112, 114, 110, 98, 64];
/** How much busier the end is than the beginning. */
const growth = 0.5;
/** How far a day is off what it should be. */
const dayNoise = 0.14;

const hourMs = 3_600_000;

/** When things happen: at which instant a share of all that happens is over. */
export type Rhythm = (share: number) => number;

/**
 * The rhythm of days and weeks between two instants. The same seed and instants give the same one.
 *
 * @returns instants in milliseconds; a greater share never gives an earlier one
 */
export function createRhythm(seed: string, fromMs: number, toMs: number): Rhythm {
  const steps = Math.max(1, Math.ceil((toMs - fromMs) / hourMs));
  /** What is over when each step ends. */
  const over = new Float64Array(steps);
  const endOf = (step: number) => Math.min(fromMs + (step + 1) * hourMs, toMs);
  let sum = 0;
  for (let step = 0; step < steps; step += 1) {
    const at = fromMs + step * hourMs;
    sum += busynessAt(seed, at, (at - fromMs) / (toMs - fromMs)) * (endOf(step) - at);
    over[step] = sum;
  }
  return (share) => {
    const wanted = share * sum;
    const step = firstBeyond(over, wanted);
    const before = step === 0 ? 0 : over[step - 1]!;
    const fromOfStep = fromMs + step * hourMs;
    const part = (wanted - before) / (over[step]! - before);
    return Math.floor(fromOfStep + part * (endOf(step) - fromOfStep));
  };
}

function busynessAt(seed: string, atMs: number, progress: number): number {
  const at = new Date(atMs);
  const noise = new Random(`${seed} day ${at.toISOString().slice(0, 10)}`).logNormal(1, dayNoise);
  return hours[at.getUTCHours()]! * days[at.getUTCDay()]! * (1 + growth * progress) * noise;
}

/** The first step whose end lies beyond. */
function firstBeyond(over: Float64Array, wanted: number): number {
  let [low, high] = [0, over.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (over[middle]! > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
