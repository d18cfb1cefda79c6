/**
 * Things planted in a database so that they are known again wherever they turn up. Each has a label
 * that says whose it is and what: `w1-p1-production-session-pending-metadata`.
 */
export interface Markers {
  /** Every label there is. */
  readonly labels: ReadonlySet<string>;
  /** Text to plant for this label: a single word, and the same each time. */
  plant(label: string): string;
  /** The same as an address, for what must be one. */
  plantIp(label: string): string;
  /** The same as a number of seven digits or more. */
  plantNumber(label: string, number: number): number;
  /** Text that was made elsewhere: an id, a key's preview. */
  learn(label: string, text: string): void;
  /** The labels of everything planted that the text contains. */
  find(text: string): Set<string>;
}

/** Whatever could be something planted: cheap, because it runs over every reply. */
const candidates = [
  /MARK(?:-[a-z0-9]+)+/gi,
  /[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}/g, // ids
  /[a-z]{2}_(?:live|test)_[0-9A-Za-z]{4}…?[0-9A-Za-z]{4,}|lkp_\w+…\w+/g, // keys, tokens, their previews
  /198\.1[89]\.\d+\.\d+/g,
  /\b[1-9]\d{6,}\b/g,
  /\b[B-Z]{8}\b/g, // user codes
];

export function createMarkers(): Markers {
  const byText = new Map<string, string>();
  const addresses = new Map<string, string>();
  const labels = new Set<string>();

  function learn(label: string, text: string): void {
    const known = byText.get(text.toLowerCase());
    if (known !== undefined && known !== label) {
      throw new Error(`"${text}" is planted for ${known} and for ${label}.`);
    }
    byText.set(text.toLowerCase(), label);
    labels.add(label);
  }

  return {
    labels,
    learn,
    plant(label) {
      // A letter of another kind between two words would end the one that is looked for.
      const text = `MARK-${label.replace(/[^a-z0-9]+/gi, '-')}`;
      learn(label, text);
      return text;
    },
    plantIp(label) {
      const { size } = addresses;
      // RFC 2544 keeps these for benchmarks, so no test's own address is one of them.
      const text = addresses.get(label) ?? `198.18.${size >> 8}.${size & 255}`;
      addresses.set(label, text);
      learn(label, text);
      return text;
    },
    plantNumber(label, number) {
      learn(label, String(number));
      return number;
    },
    find(text) {
      const found = new Set<string>();
      for (const pattern of candidates) {
        for (const [candidate] of text.matchAll(pattern)) {
          const label = byText.get(candidate.toLowerCase());
          if (label !== undefined) found.add(label);
        }
      }
      return found;
    },
  };
}
