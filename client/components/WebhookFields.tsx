import { issueOf, type Problem } from '../answers.tsx';
import { CheckboxGroup } from '../ui/CheckboxGroup.tsx';
import { TextField } from '../ui/Field.tsx';
import { webhookEventHints } from './webhook-words.ts';

export interface WebhookDraft {
  url: string;
  eventTypes: string[];
}

export const allEventTypes = Object.keys(webhookEventHints);

/** Where messages go, and of what. */
export function WebhookFields({
  value: { url, eventTypes },
  problem,
  onChange,
}: {
  value: WebhookDraft;
  problem: Problem | null;
  onChange: (value: WebhookDraft) => void;
}) {
  // A newer server may have told of types that this page does not know: they stay as they are.
  const types = [...new Set([...allEventTypes, ...eventTypes])];
  return (
    <>
      <TextField
        label="URL"
        type="url"
        inputMode="url"
        placeholder="https://example.com/webhooks"
        required
        value={url}
        error={issueOf(problem, 'url')}
        onChange={(event) => onChange({ url: event.target.value, eventTypes })}
      />
      <CheckboxGroup
        legend="Told of"
        value={eventTypes}
        error={issueOf(problem, 'eventTypes')}
        options={types.map((type) => ({
          value: type,
          label: <code>{type}</code>,
          hint: webhookEventHints[type],
        }))}
        onChange={(next) => onChange({ url, eventTypes: next })}
      />
    </>
  );
}
