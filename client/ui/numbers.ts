const whole = new Intl.NumberFormat();

/** A count with the reader's separators. */
export function formatCount(count: number): string {
  return whole.format(count);
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

const wholePercent = new Intl.NumberFormat(undefined, { style: 'percent' });

/** A part of 1 as a percentage. */
export function formatPart(part: number): string {
  return part > 1 ? wholePercent.format(part) : percent.format(part);
}

const seconds = new Intl.NumberFormat(undefined, {
  style: 'unit',
  unit: 'second',
  maximumFractionDigits: 1,
});
const minutes = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'minute' });

/** How long something took: "4.2 sec", "3 min 20 sec". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 60_000) return seconds.format(milliseconds / 1000);
  const whole = Math.round(milliseconds / 1000);
  return `${minutes.format(Math.floor(whole / 60))} ${seconds.format(whole % 60)}`;
}
