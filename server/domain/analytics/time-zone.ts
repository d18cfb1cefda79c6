/** Calendar days of IANA time zones. A day is told as its midnight in UTC, an instant as itself. */

const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
const dayMs = 24 * 60 * minuteMs;

/**
 * How each zone writes its offset. To make one takes a hundred times as long as to use it, and there
 * are no more of them than zones, however their names are typed.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const name = timeZone.toLowerCase();
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
    formats.set(name, format);
  }
  return format;
}

/** An IANA name, in any case. An offset like +02:00, which later versions of Node take too, is none. */
export function isTimeZone(name: string): boolean {
  if (!/^[a-z][\w+-]*(\/[\w+-]+)*$/i.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a clock on the wall shows at an instant, as if it were in UTC. */
function wallTime(format: Intl.DateTimeFormat, instant: number): number {
  const text = format.format(instant);
  // GMT, GMT+05:45, or, long ago, GMT-00:44:30.
  const [, sign, ...parts] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  const offsetMs = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  return instant + (sign === '-' ? -offsetMs : offsetMs);
}

/** The day that it is in the zone. */
export function todayIn(timeZone: string, now: Date): Date {
  const wall = wallTime(formatOf(timeZone), now.getTime());
  return new Date(Math.floor(wall / dayMs) * dayMs);
}

/**
 * The instants at which days begin. Usually the clock then shows midnight; where it jumps over
 * midnight, or over the whole day, it shows what it jumps to; where it shows midnight twice, it is the
 * first time.
 */
export function instantsOfDays(timeZone: string, days: readonly Date[]): Date[] {
  const format = formatOf(timeZone);
  return days.map((day) => {
    const midnight = day.getTime();
    // The offset is one of those of the day before and the day after: no zone changes twice so soon.
    // The larger one is the earliest that it can be. All changes fall on a quarter hour.
    let instant = Math.min(
      ...[midnight - dayMs, midnight + dayMs].map(
        (near) => midnight + near - wallTime(format, near),
      ),
    );
    while (wallTime(format, instant) < midnight) instant += quarterMs;
    return new Date(instant);
  });
}
