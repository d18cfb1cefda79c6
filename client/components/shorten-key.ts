/** As the previews of secret keys are: enough to tell keys apart. */
export function shortenKey(value: string): string {
  return `${value.slice(0, 12)}…${value.slice(-4)}`;
}
