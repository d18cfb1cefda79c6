import { useState } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Menu } from '../ui/Menu.tsx';
import { DeleteProjectDialog } from './DeleteProjectDialog.tsx';
import { useToldAction } from './use-told-action.ts';

const ProjectMenu_Project = graphql(`
  fragment ProjectMenu_Project on Project {
    id
    name
    active
    version
    viewerCanUpdate
    viewerCanDelete
  }
`);

export const SwitchProject = graphql(`
  mutation SwitchProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload { project { id active version updatedAt } }
      ...Problem_UserError
    }
  }
`);

/** What one can do with a project from its row. */
export function ProjectMenu(props: { project: FragmentType<typeof ProjectMenu_Project> }) {
  const project = readFragment(ProjectMenu_Project, props.project);
  const { id, name, active, version } = project;
  const { run } = useToldAction(SwitchProject);
  const [deleting, setDeleting] = useState(false);

  function toggle() {
    void run(
      { input: { id, version, active: !active } },
      active ? `${name} is inactive: it starts no new sessions.` : `${name} is active again.`,
    );
  }

  return (
    <>
      <Menu
        label={`Actions for ${name}`}
        entries={[
          { label: 'View API keys', link: <Link href={paths.keys(id)} /> },
          { label: 'View logs', link: <Link href={paths.logs(id)} /> },
          { label: 'View analytics', link: <Link href={paths.analytics(id)} /> },
          'separator',
          {
            label: active ? 'Deactivate' : 'Activate',
            disabled: !project.viewerCanUpdate,
            onSelect: toggle,
          },
          {
            label: 'Delete project',
            danger: true,
            disabled: !project.viewerCanDelete,
            onSelect: () => setDeleting(true),
          },
        ]}
      />
      <DeleteProjectDialog
        project={project}
        open={deleting}
        onClose={() => setDeleting(false)}
        onDeleted={() => setDeleting(false)}
      />
    </>
  );
}
