/** For a button that one may not press. */
export const noWebhookRole = 'Your role does not manage webhooks here.';

/** What managing webhooks takes there, for those who may not. */
export function webhookRoleNote(kind: string): string {
  return kind === 'PRODUCTION'
    ? 'Webhooks of production take the role Admin or higher.'
    : 'Webhooks take the role Developer or higher.';
}
