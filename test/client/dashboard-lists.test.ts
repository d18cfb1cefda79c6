/** Lists of the dashboard that are longer than a page. */
import { expect, test } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { describeInBrowser, openNewUser, openVisitor, startDashboard } from '../support/browser.ts';
import { callAs } from '../support/call.ts';
import { ownWorkspace } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('a list that is shown page by page', async () => {
  const server = await startDashboard();

  test('is right in all its pages after something was done', async () => {
    const { page, person, visit } = await openNewUser(server);
    const add = (name: string) => createProject(callAs(server.tools, person.actor), { name });
    for (let n = 1; n <= 110; n += 1) await add(`Project ${n}`);
    await visit(`/workspaces/${ownWorkspace(person)}/projects`);
    const names = async () => {
      const texts = await page.getByRole('link', { name: /^Project \d+$/ }).allTextContents();
      return texts.map((text) => Number(text.replace('Project ', '')));
    };
    const down = (from: number, count: number) => Array.from({ length: count }, (_, n) => from - n);
    const showMore = page.getByRole('button', { name: 'Show more' });
    expect(await names()).toEqual(down(110, 50));
    await showMore.click();
    await expect.poll(names).toEqual(down(110, 100));
    await showMore.click();
    await expect.poll(names).toEqual(down(110, 110));
    expect(await showMore.count()).toBe(0);

    // Somebody else adds two, which move every page down.
    await add('Project 111');
    await add('Project 112');
    await page.getByRole('button', { name: 'Actions for Project 30', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    await expect.poll(names).toEqual(down(112, 112));

    await page.getByRole('button', { name: 'Actions for Project 100', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Delete project' }).click();
    await page.getByLabel('Type Project 100 to confirm').fill('Project 100');
    await page.getByRole('button', { name: 'Confirm delete' }).click();
    await expect.poll(names).toEqual(down(112, 112).filter((n) => n !== 100));

    await page.getByLabel('Search projects by name').fill('Project 11');
    await expect.poll(names).toEqual([112, 111, 110, 11]);
  }, 120_000);

  test('has every key of an environment', async () => {
    const project = await createTestProject(server.tools);
    const { id: environmentId } = project.production;
    const call = callAs(server.tools, project.owner.actor);
    for (let n = 1; n <= 100; n += 1) {
      await createApiKey(call, { environmentId, type: 'PUBLISHABLE', name: `Page ${n}` });
    }
    const { page, visit } = await openVisitor(server, { as: project.owner });
    await visit(`/projects/${project.id}/keys`);
    const rows = (type: string) => page.getByRole('table', { name: type }).getByRole('row').count();
    expect(await rows('Publishable keys')).toBe(1 + 100);
    await page.getByText('None among the 100 newest keys').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows('Secret keys')).toBe(1 + 1);
    expect(await rows('Publishable keys')).toBe(1 + 101);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  }, 120_000);
});
