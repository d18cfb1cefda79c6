/** How far something long has come, on standard error. */
export interface Progress {
  show(done: number): void;
  end(): void;
}

const width = 30;

/**
 * A bar where there is a terminal, and elsewhere a line for every tenth.
 *
 * @param what the things that are counted, such as "sessions"
 */
export function createProgress(total: number, what: string): Progress {
  const { isTTY } = process.stderr;
  let startedAt: number | null = null;
  let first = 0;
  let tenths = -1;
  return {
    show(done) {
      if (startedAt === null) {
        startedAt = performance.now();
        first = done; // what was there before took no time
      }
      const seconds = (performance.now() - startedAt) / 1000;
      const rate = done > first ? (done - first) / seconds : 0;
      const counts = `${format(done)} of ${format(total)} ${what}`;
      const left = rate > 0 ? `, ${format(rate)}/s, ${time((total - done) / rate)} left` : '';
      if (isTTY) {
        const full = Math.round((done / total) * width);
        const bar = '█'.repeat(full) + '░'.repeat(width - full);
        process.stderr.write(`\r\x1b[K  ${bar} ${counts}${left}`);
      } else if (Math.floor((10 * done) / total) > tenths) {
        tenths = Math.floor((10 * done) / total);
        process.stderr.write(`  ${counts}${left}\n`);
      }
    },
    end() {
      if (isTTY) process.stderr.write('\r\x1b[K');
    },
  };
}

function format(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function time(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
