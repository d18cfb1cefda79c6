import { afterEach, vi } from 'vitest';

/** What a library prints as an error is a fault that a test would otherwise pass over. */
const printed = vi.spyOn(console, 'error');

afterEach(() => {
  const [first] = printed.mock.calls;
  printed.mockClear();
  if (first) throw new Error(`Unexpected console.error: ${first.map(String).join(' ')}`);
});
