/** Tables of who may see what, in patterns of labels: `*` stands for anything, `{a,b}` for a or b. */
export interface Rule {
  /** Must be found in what the actor reads. */
  sees: readonly string[];
  /** May be found or not. */
  maySee?: readonly string[];
  /** Must not be found, although one of the patterns above matches. */
  hidden?: readonly string[];
}

function matcher(patterns: readonly string[] = []): (label: string) => boolean {
  const sources = patterns.map((pattern) =>
    pattern
      .replaceAll('*', '.*')
      .replaceAll(/\{([^}]*)\}/g, (_, choices: string) => `(${choices.replaceAll(',', '|')})`),
  );
  const all = new RegExp(`^(${sources.join('|')})$`);
  return (label) => patterns.length > 0 && all.test(label);
}

/** What was found and must not be, and what was not found and must be. */
export function compareWithRule(
  { sees, maySee, hidden }: Rule,
  labels: ReadonlySet<string>,
  found: ReadonlySet<string>,
): { leaked: string[]; missing: string[] } {
  const [isHidden, must, may] = [matcher(hidden), matcher(sees), matcher(maySee)];
  const shows = (label: string) => !isHidden(label) && (must(label) || may(label));
  return {
    leaked: [...found].filter((label) => !shows(label)).sort(),
    missing: [...labels]
      .filter((label) => must(label) && !isHidden(label) && !may(label) && !found.has(label))
      .sort(),
  };
}
