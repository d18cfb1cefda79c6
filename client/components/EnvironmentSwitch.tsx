import { ChevronDown } from 'lucide-react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { useSearchState } from '../location.ts';
import { Button } from '../ui/Button.tsx';
import { Menu } from '../ui/Menu.tsx';
import { kindNames } from '../words.ts';

const EnvironmentSwitch_Project = graphql(`
  fragment EnvironmentSwitch_Project on Project {
    id
    defaultEnvironment { id }
    environments { id name kind }
  }
`);

/** Which environment of the project is looked at. It stands in the address, and goes along. */
export function EnvironmentSwitch(props: {
  project: FragmentType<typeof EnvironmentSwitch_Project>;
}) {
  const { environments, defaultEnvironment } = readFragment(
    EnvironmentSwitch_Project,
    props.project,
  );
  const [chosen, choose] = useSearchState('environment');
  const id = chosen || defaultEnvironment.id;
  const current = environments.find((each) => each.id === id);
  return (
    <Menu
      label="Environment"
      trigger={
        <Button>
          <span className="visually-hidden">Environment: </span>
          {current?.name ?? 'Unknown environment'}
          <ChevronDown aria-hidden="true" />
        </Button>
      }
      entries={[
        {
          choice: 'Keys work in this environment only',
          value: id,
          options: environments.map(({ id, name, kind }) => ({
            value: id,
            label: name,
            hint: kindNames[kind] === name ? undefined : kindNames[kind],
          })),
          onChange: (next) => choose(next === defaultEnvironment.id ? '' : next, { push: true }),
        },
      ]}
    />
  );
}
