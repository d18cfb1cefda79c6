/** Replaces the line that the terminal shows; an empty one ends it. Says nothing elsewhere. */
export function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
