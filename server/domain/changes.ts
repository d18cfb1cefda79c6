/**
 * What an edit changed, for the log. Only fields of the input are compared, and inputs of edits carry
 * no secrets.
 *
 * @param after the fields of the input; undefined where they were left out
 */
export function changesBetween<Row extends object>(
  before: Row,
  after: Partial<Row>,
): { before: Partial<Row>; after: Partial<Row> } {
  const changed = Object.keys(after).filter((key) => {
    const [old, now] = [before[key as keyof Row], after[key as keyof Row]];
    return now !== undefined && JSON.stringify(old) !== JSON.stringify(now);
  });
  const pick = (row: Partial<Row>) =>
    Object.fromEntries(changed.map((key) => [key, row[key as keyof Row]])) as Partial<Row>;
  return { before: pick(before), after: pick(after) };
}
