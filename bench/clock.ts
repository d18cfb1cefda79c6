/** Milliseconds on a clock that all processes of the machine share; it starts anywhere. */
export function sharedClock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
