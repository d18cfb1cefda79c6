/** Runs so many at once; the others wait, first come first served. */
export function createTurns(max: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running < max) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next)
        next(); // it takes over our turn
      else running -= 1;
    }
  };
}
