import { type PointerEvent, useState } from 'react';
import { classNames } from './class-names.ts';
import styles from './DayChart.module.css';
import { formatCount } from './numbers.ts';

export interface ChartDay {
  /** `2026-11-20`, whatever the time zone. */
  date: string;
  all: number;
  /** Of `all`. */
  part: number;
  /** What else there is to say of the day. */
  more?: { name: string; value: number };
}

interface ChartProps {
  label: string;
  allName: string;
  partName: string;
  days: readonly ChartDay[];
}

const short = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const long = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeZone: 'UTC' });
const labelsMax = 5;

/**
 * A bar a day, and in it the part of it. Who points sees the day's numbers; by keyboard and ear it is
 * a slider over the days, and a table says it all at once.
 */
export function DayChart({ label, allName, partName, days }: ChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const max = niceMax(Math.max(0, ...days.map(({ all }) => all)));
  const shown = pointed === null ? undefined : days[pointed];
  const last = days.length - 1;

  function point({ clientX, currentTarget }: PointerEvent) {
    const { left, width } = currentTarget.getBoundingClientRect();
    const index = Math.floor(((clientX - left) / width) * days.length);
    setPointed(Math.min(last, Math.max(0, index)));
  }

  return (
    <figure className={styles.figure} aria-label={label}>
      <figcaption className={styles.legend}>
        <span>
          <i className={styles.all} />
          {allName}
        </span>
        <span>
          <i className={styles.part} />
          {partName}
        </span>
      </figcaption>
      <div className={styles.body}>
        <div className={styles.ticks} aria-hidden="true">
          {[0, 0.5, 1].map((part) => (
            <span key={part} className="number">
              {formatCount(max * part)}
            </span>
          ))}
        </div>
        <div
          className={styles.plot}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setPointed(null)}
        >
          <Bars days={days} max={max} pointed={pointed} />
          <input
            type="range"
            className={styles.slider}
            aria-label={`${label}: day`}
            min={0}
            max={last}
            value={pointed ?? last}
            aria-valuetext={describe(days[pointed ?? last], allName, partName)}
            onChange={(event) => setPointed(Number(event.target.value))}
            onFocus={() => setPointed(pointed ?? last)}
            onBlur={() => setPointed(null)}
          />
          {shown && pointed !== null && (
            <div
              className={styles.tip}
              style={
                pointed < days.length / 2
                  ? { left: `${((pointed + 1) / days.length) * 100}%` }
                  : { right: `${((days.length - pointed) / days.length) * 100}%` }
              }
              aria-hidden="true"
            >
              <p>{long.format(dayOf(shown.date))}</p>
              <dl>
                <dt>{allName}</dt>
                <dd className="number">{formatCount(shown.all)}</dd>
                <dt>{partName}</dt>
                <dd className="number">{formatCount(shown.part)}</dd>
                {shown.more && (
                  <>
                    <dt>{shown.more.name}</dt>
                    <dd className="number">{formatCount(shown.more.value)}</dd>
                  </>
                )}
              </dl>
            </div>
          )}
        </div>
        <div className={styles.days} aria-hidden="true">
          {labelled(days).map(({ date }) => (
            <span key={date}>{short.format(dayOf(date))}</span>
          ))}
        </div>
      </div>
      <DayTable label={label} allName={allName} partName={partName} days={days} />
    </figure>
  );
}

function Bars({
  days,
  max,
  pointed,
}: {
  days: readonly ChartDay[];
  max: number;
  pointed: number | null;
}) {
  const width = 100 / days.length;
  const gap = days.length > 120 ? 0 : width * 0.2;
  const bar = (index: number, value: number, className: string | undefined) => {
    if (value === 0) return null;
    const height = (value / max) * 100;
    return (
      <rect
        x={`${index * width + gap / 2}%`}
        y={`${100 - height}%`}
        width={`${width - gap}%`}
        height={`${height}%`}
        className={className}
      />
    );
  };
  return (
    <svg aria-hidden="true">
      {pointed !== null && (
        <rect x={`${pointed * width}%`} width={`${width}%`} height="100%" className={styles.band} />
      )}
      {['0.5', '50%', '100%'].map((y) => (
        <line key={y} x1="0" x2="100%" y1={y} y2={y} className={styles.grid} />
      ))}
      {days.map(({ date, all, part }, index) => (
        <g key={date}>
          {bar(index, all, styles.bar)}
          {bar(index, part, classNames(styles.bar, styles.part))}
        </g>
      ))}
    </svg>
  );
}

function DayTable({ label, allName, partName, days }: ChartProps) {
  const more = days[0]?.more?.name;
  return (
    <div className="visually-hidden">
      <table>
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">{allName}</th>
            <th scope="col">{partName}</th>
            {more && <th scope="col">{more}</th>}
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.date}>
              <th scope="row">{long.format(dayOf(day.date))}</th>
              <td>{day.all}</td>
              <td>{day.part}</td>
              {more && <td>{day.more?.value}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function describe(day: ChartDay | undefined, allName: string, partName: string): string {
  if (!day) return '';
  const numbers = `${allName} ${formatCount(day.all)}, ${partName} ${formatCount(day.part)}`;
  return `${long.format(dayOf(day.date))}: ${numbers}`;
}

function dayOf(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}

/** The first, the last, and some between at equal distances. */
function labelled(days: readonly ChartDay[]): readonly ChartDay[] {
  const count = Math.min(labelsMax, days.length);
  if (count < labelsMax) return days;
  const step = (days.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => days[Math.round(index * step)]).filter(
    (day) => day !== undefined,
  );
}

/** The least round even number that is not below. */
function niceMax(value: number): number {
  const steps = [2, 4, 6, 8, 10, 20, 30, 40, 50, 60, 80, 100];
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return (steps.find((step) => step * power >= value) ?? 100) * power;
}
