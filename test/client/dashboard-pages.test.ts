/** Every page and state of the dashboard, as axe and the browser see it. */
import { expect, test } from 'vitest';
import {
  describeInBrowser,
  expectAccessible,
  openVisitor,
  settle,
  startDashboard,
} from '../support/browser.ts';
import { type Ask, seedTour } from '../support/dashboard-seed.ts';
import { sights } from '../support/dashboard-tour.ts';
import { startTestDelivery } from '../support/webhooks.ts';

describeInBrowser('a page of the dashboard', async () => {
  const server = await startDashboard();
  startTestDelivery(server.tools);
  const ask: Ask = (query, variables, cookie) => server.graphql(query, variables, { cookie });
  const world = await seedTour(ask, async (input) => {
    const query = `mutation ($input: SignUpInput!) { signUp(input: $input) { __typename } }`;
    const { headers } = await server.post(query, { input });
    return /latchkey=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? '';
  });

  test.each(sights)('is accessible in both themes and breaks no policy: $name', async (sight) => {
    const as = sight.signedOut ? undefined : world;
    const { page, visit } = await openVisitor(server, { as, expectErrors: sight.expectErrors });
    await visit(sight.path(world));
    await sight.act?.(page, { world, ask });
    await settle(page);
    expect(await page.title()).toMatch(/ · Latchkey$/);
    await expectAccessible(page, `${sight.name}, light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, `${sight.name}, dark`);
  });
});
