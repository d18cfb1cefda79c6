import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer();

/** The audits of the GraphQL over HTTP specification: musts, shoulds and mays alike. */
describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch });
  test('there are as many audits as there were', () => expect(audits).toHaveLength(61));
  test.each(audits)('$id $name', async (audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});
