/** What the dashboard makes of its live connection. */
import type { WebSocketRoute } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, openVisitor, startDashboard } from '../support/browser.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('a page that is told live', async () => {
  const server = await startDashboard();

  test('says since when that is paused, and then reads anew what it was not told', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner });
    const sockets: WebSocketRoute[] = [];
    let isAway = false;
    await page.routeWebSocket('**/graphql', (socket) => {
      if (isAway) void socket.close({ code: 1012, reason: 'SERVER_STOPPING' });
      else {
        socket.connectToServer();
        sockets.push(socket);
      }
    });
    await visit(`/projects/${project.id}?environment=${project.development.id}`);
    const counts = page.getByRole('region', { name: 'Live counts' });
    await counts.getByText('Live', { exact: true }).waitFor();
    await expect.poll(() => sockets.length).toBe(1);

    isAway = true;
    await sockets[0]?.close({ code: 1012, reason: 'SERVER_STOPPING' });
    await counts.getByText(/^Live paused since \d/).waitFor();
    const headers = { 'x-api-key': project.development.publishableValue };
    const start = 'mutation { startSession(input: {}) { __typename } }';
    await server.graphql(start, {}, { headers });
    expect(await page.getByRole('row').filter({ hasText: 'ses_' }).count()).toBe(0);

    isAway = false;
    await counts.getByText('Live', { exact: true }).waitFor();
    await expect.poll(() => counts.textContent()).toContain('Pending now1');
    // No subscription tells of this list.
    await page.getByRole('row').filter({ hasText: 'ses_' }).waitFor();
  });
});
