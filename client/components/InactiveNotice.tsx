import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Notice } from '../ui/Notice.tsx';
import styles from './InactiveNotice.module.css';

const InactiveNotice_Project = graphql(`
  fragment InactiveNotice_Project on Project { id active }
`);

/** Says why nothing starts, where nothing does. */
export function InactiveNotice(props: { project: FragmentType<typeof InactiveNotice_Project> }) {
  const { id, active } = readFragment(InactiveNotice_Project, props.project);
  if (active) return null;
  return (
    <div className={styles.place}>
      <Notice tone="caution">
        This project is inactive: it refuses every new session. Switch it on in its{' '}
        <Link href={paths.settings(id)}>settings</Link>.
      </Notice>
    </div>
  );
}
