/**
 * Says to whoever delivers in this process that there is something to deliver, so that it need not wait
 * for its next look. No more than a hint: what it is lost for is found a second later, also by others.
 */
export interface WebhookHint {
  give(): void;
  /** @param listener replaces the one before */
  onGiven(listener: () => void): void;
}

export function createWebhookHint(): WebhookHint {
  let given = () => {};
  return {
    give: () => given(),
    onGiven(listener) {
      given = listener;
    },
  };
}
