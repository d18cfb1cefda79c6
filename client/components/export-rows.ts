/**
 * Saves the rows of a filter as a file.
 *
 * @throws {Error} in the words of the server, why there are none
 */
export async function exportRows(
  what: 'logs' | 'sessions',
  input: { filter: object; format: 'csv' | 'jsonl' },
): Promise<void> {
  const reply = await fetch(`/export/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  if (!reply.ok) throw new Error(await messageOf(reply));
  const disposition = reply.headers.get('content-disposition') ?? '';
  const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? `${what}.${input.format}`;
  const file = await reply.blob().catch((cause) => {
    throw new Error('the connection broke off before the end.', { cause });
  });
  saveAs(name, file);
}

async function messageOf(reply: Response): Promise<string> {
  const { errors } = await reply.json().catch(() => ({}));
  return errors?.[0]?.message ?? `the server answered ${reply.status}.`;
}

function saveAs(name: string, file: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // Not at once: some browsers read it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
