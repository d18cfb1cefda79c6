/** What docs say of the code. */
import {
  type WebhookEventType,
  webhookEventTypes,
  webhookTestType,
} from '../server/domain/webhooks/events.ts';
import { retryDelaysSeconds } from '../server/domain/webhooks/schedule.ts';

const withSubject: readonly string[] = [
  'session.confirmed',
  'session.used',
] satisfies WebhookEventType[];

const eventTable = [
  '| Type | Sent when | `data` holds |',
  '|---|---|---|',
  ...Object.entries(webhookEventTypes).map(
    ([type, when]) =>
      `| \`${type}\` | ${when} | project, environment, session${withSubject.includes(type) ? ' with subject' : ''} |`,
  ),
  `| \`${webhookTestType}\` | \`sendTestWebhook\` was called. Nothing happened. | project, environment |`,
];

function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

const schedule = [`${retryDelaysSeconds.map(durationText).join(', ')} after the attempt before.`];

const parts: Record<string, string[]> = { events: eventTable, schedule };

/** The text of a document with what stands between its marks as the code has it now. */
export function withGenerated(text: string): string {
  return text.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin, name, end) => `${begin}${(parts[name] ?? []).join('\n')}\n${end}`,
  );
}
