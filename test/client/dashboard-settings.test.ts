/** Settings in the dashboard, also when two people change them. */
import { expect, test } from 'vitest';
import { describeInBrowser, openVisitor, startDashboard } from '../support/browser.ts';
import { addMember, setRole } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('the settings of a project', async () => {
  const server = await startDashboard();

  async function openSettings() {
    const project = await createTestProject(server.tools);
    const visitor = await openVisitor(server, { as: project.owner });
    await visitor.visit(`/projects/${project.id}/settings`);
    return { project, ...visitor };
  }

  test('are saved, and say what went wrong where it did', async () => {
    const { page, project } = await openSettings();
    const save = page.getByRole('button', { name: 'Save' });
    expect(await save.isDisabled()).toBe(true);
    await page.getByRole('switch', { name: 'Public access' }).check();
    await page.getByLabel('Session lifetime in seconds').fill('61');
    await page.getByLabel('Name').fill(' ');
    await save.click();
    await page.getByText(/Must/).first().waitFor();
    await page.getByLabel('Name').fill('Shop 2');
    await save.click();
    await page.getByText('Settings saved.').waitFor();
    expect(await server.db.project.findUnique({ where: { id: project.id } })).toMatchObject({
      name: 'Shop 2',
      publicAccess: true,
      sessionLifetimeSeconds: 61,
      version: 2,
    });
    await page.getByRole('navigation', { name: /Shop 2/ }).waitFor();
  });

  test('that somebody else changed meanwhile say who and when, and are not overwritten', async () => {
    const { page, project } = await openSettings();
    const other = await addMember(server.tools, project.workspaceId, 'ADMIN');
    await page.getByLabel('Name').fill('Mine');
    const update = `mutation ($input: UpdateProjectInput!) {
      updateProject(input: $input) { __typename } }`;
    const input = { id: project.id, version: 1, name: 'Theirs' };
    await server.graphql(update, { input }, { cookie: other.token });

    await page.getByRole('button', { name: 'Save' }).click();
    const notice = page.getByRole('alert');
    await expect.poll(() => notice.textContent()).toContain('changed this just now.');
    expect(await notice.textContent()).toContain(other.email);
    expect(await page.getByLabel('Name').inputValue()).toBe('Mine');
    await notice.getByRole('button', { name: 'Reload' }).click();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('Theirs');
    await page.getByLabel('Name').fill('Ours');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved.').waitFor();
    expect(await server.db.project.findUnique({ where: { id: project.id } })).toMatchObject({
      name: 'Ours',
      version: 3,
    });
  });

  test('hold its environments: one is made, configured, made the default and the other deleted', async () => {
    const { page, project } = await openSettings();
    await page.getByRole('button', { name: 'Create environment' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Staging');
    await dialog.getByRole('button', { name: 'Create environment' }).click();
    await page.getByRole('button', { name: 'Actions for Staging' }).click();
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
    await dialog.getByLabel('Allowed origins').fill('https://app.example.com/path');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText(/Must be an origin like/).waitFor();
    await dialog.getByLabel('Allowed origins').fill('https://app.example.com\nmyapp://');
    await dialog.getByRole('switch', { name: 'Test confirmations' }).check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    const row = page.getByRole('row', { name: /Staging/ });
    await row.getByText('https://app.example.com').waitFor();

    await page.getByRole('button', { name: 'Actions for Staging' }).click();
    await page.getByRole('menuitem', { name: 'Make default' }).click();
    await row.getByText('Default').waitFor();
    await page.getByRole('button', { name: 'Actions for Production' }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await dialog.getByLabel('Type Production to confirm').fill('Production');
    await dialog.getByRole('button', { name: 'Confirm delete' }).click();
    await page.getByText('Production is deleted.').waitFor();
    await expect.poll(() => page.getByRole('row', { name: /Production/ }).count()).toBe(0);
    expect(await server.db.environment.count({ where: { id: project.production.id } })).toBe(0);
  });

  test('end with the project itself, which goes by its name', async () => {
    const { page, project } = await openSettings();
    await page.getByRole('button', { name: 'Delete project' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Type Shop to confirm').fill('Shop');
    await dialog.getByRole('button', { name: 'Confirm delete' }).click();
    await page.getByText('No projects yet').waitFor();
    expect(await server.db.project.count({ where: { id: project.id } })).toBe(0);
  });

  test('say in the words of the server why something was not done', async () => {
    const { page, project, visit } = await openSettings();
    await visit(`/workspaces/${project.workspaceId}/projects`);
    const deactivate = async () => {
      await page.getByRole('button', { name: 'Actions for Shop' }).click();
      await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    };
    await setRole(server.tools, project.owner.actor.id, project.workspaceId, 'VIEWER');
    await deactivate();
    await page.getByText(/^Not done: .*role Admin or higher/).waitFor();
    await setRole(server.tools, project.owner.actor.id, project.workspaceId, 'ADMIN');
    await visit(`/workspaces/${project.workspaceId}/projects`);
    await server.db.project.update({ where: { id: project.id }, data: { version: 7 } });
    await deactivate();
    await page.getByText('Not done: The project was changed since you read it.').waitFor();
  });

  test('can be read and not changed by a viewer', async () => {
    const { project } = await openSettings();
    const viewer = await addMember(server.tools, project.workspaceId, 'VIEWER');
    const { page, visit } = await openVisitor(server, { as: viewer });
    await visit(`/projects/${project.id}/settings`);
    expect(await page.getByLabel('Name').isDisabled()).toBe(true);
    expect(await page.getByRole('switch', { name: 'Active' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Delete project' }).isDisabled()).toBe(true);
    await page.getByText('Project settings take the role Admin or higher.').waitFor();
  });
});
