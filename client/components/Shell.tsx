import { Menu as MenuIcon, X } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Redirect, useLocation, useRoute } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { useEnvironmentId } from '../location.ts';
import { paths } from '../paths.ts';
import { IconButton } from '../ui/Button.tsx';
import { classNames } from '../ui/class-names.ts';
import { loadOverlays } from '../ui/Dialog.tsx';
import { AccountMenu } from './AccountMenu.tsx';
import { Navigation } from './Navigation.tsx';
import { projectNavigation, workspaceNavigation } from './navigation.ts';
import { OfflineNotice } from './OfflineNotice.tsx';
import styles from './Shell.module.css';
import { Shortcuts } from './Shortcuts.tsx';
import { WorkspaceSwitch } from './WorkspaceSwitch.tsx';

const LookAround = graphql(`
  query LookAround($projectId: ID!, $inProject: Boolean!) {
    viewer {
      email
      user { id name }
      memberships { role user { id } workspace { id name } }
    }
    project(id: $projectId) @include(if: $inProject) {
      id
      name
      workspace { id }
    }
  }
`);

/** What stands around every page of somebody who is signed in: where they are and where they can go. */
export default function Shell({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  const [, workspaceRoute] = useRoute('/workspaces/:workspaceId/*?');
  const [, projectRoute] = useRoute('/projects/:projectId/*?');
  const projectId = projectRoute?.projectId ?? '';
  const answer = useAnswer(LookAround, { projectId, inProject: projectId !== '' });
  const environment = useEnvironmentId();
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes the menu
  useEffect(() => setOpen(false), [path]);
  useEffect(loadOverlays, []);

  return (
    <Answer keep quiet of={answer} loading={<ShellSkeleton />}>
      {({ viewer, project: known }) => {
        const project = known?.id === projectId ? known : null;
        if (!viewer) {
          const next = path === '/' ? null : location.pathname + location.search;
          return <Redirect to={paths.signIn(next)} replace />;
        }
        const workspaces = viewer.memberships.map((membership) => membership.workspace);
        const workspaceId = workspaceRoute?.workspaceId ?? project?.workspace.id;
        const current = workspaces.find(({ id }) => id === workspaceId) ?? workspaces[0];
        const ofWorkspace = current ? workspaceNavigation(current.id) : [];
        const ofProject = project ? projectNavigation(project.id, { environment }) : [];
        return (
          <div className={styles.layout}>
            <a href="#main" className={styles.skip}>
              Skip to main content
            </a>
            <header className={styles.bar}>
              <WorkspaceSwitch workspaces={workspaces} current={current ?? null} />
              <IconButton
                className={styles.toggle}
                label={open ? 'Close the menu' : 'Open the menu'}
                aria-expanded={open}
                aria-controls="side"
                onClick={() => setOpen(!open)}
              >
                {open ? <X aria-hidden="true" /> : <MenuIcon aria-hidden="true" />}
              </IconButton>
            </header>
            <div id="side" className={classNames(styles.side, open && styles.open)}>
              <Navigation label="Workspace" items={ofWorkspace} path={path} />
              {project && (
                <Navigation label="Project" title={project.name} items={ofProject} path={path} />
              )}
              <div className={styles.foot}>
                <Shortcuts items={[...ofWorkspace, ...ofProject]} />
                <AccountMenu name={viewer.user.name} email={viewer.email} />
              </div>
            </div>
            <main id="main" tabIndex={-1} className={styles.main}>
              <OfflineNotice />
              {children}
            </main>
          </div>
        );
      }}
    </Answer>
  );
}

/** The frame alone, so that nothing moves when the rest comes. */
function ShellSkeleton() {
  return (
    <div className={styles.layout} role="status" aria-label="Loading">
      <div className={styles.bar} />
      <div className={styles.side} />
    </div>
  );
}
