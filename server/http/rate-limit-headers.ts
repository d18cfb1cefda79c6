/**
 * The budgets that a request drew from, as headers of its reply: draft-ietf-httpapi-ratelimit-headers-11.
 * Our quotas come back steadily, so `w` is the time in which an empty one is full again, and `t` the
 * time until there is more than `r`. Retry-After (RFC 9110) goes with every refusal.
 */
import type { Draw } from '../domain/budgets.ts';

const none = {};

/** Names in lower case. */
export function rateLimitHeaders(draws: readonly Draw[]): Record<string, string> {
  if (draws.length === 0) return none;
  const headers: Record<string, string> = {};
  const shown = draws.filter(({ budget }) => !budget.isHidden);
  if (shown.length > 0) {
    headers['ratelimit-policy'] = shown.map(({ budget }) => policyOf(budget)).join(', ');
    headers.ratelimit = shown.map(leftOf).join(', ');
  }
  const waits = draws.filter(({ allowed }) => !allowed).map((each) => each.moreAfterSeconds);
  if (waits.length > 0) headers['retry-after'] = String(Math.max(...waits));
  return headers;
}

function policyOf({ name, quota, windowSeconds }: Draw['budget']): string {
  return `"${name}";q=${quota}${windowSeconds === null ? '' : `;w=${windowSeconds}`}`;
}

function leftOf({ budget, remaining, moreAfterSeconds }: Draw): string {
  return `"${budget.name}";r=${remaining};t=${moreAfterSeconds}`;
}
