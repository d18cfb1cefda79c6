import { Link, useLocation } from 'wouter';
import { searchWith } from '../location.ts';
import { Chips } from '../ui/Chips.tsx';
import { SelectField, TextField } from '../ui/Field.tsx';
import styles from './ActivityFilters.module.css';
import { type ActivityFilter, rangeChoices, statusChoices } from './activity-filter.ts';
import { logTypes } from './log-types.ts';
import { SearchField } from './SearchField.tsx';

export interface Named {
  id: string;
  name: string;
}

/** Sessions or events. */
export function ActivityTabs({ filter: { tab, search } }: { filter: ActivityFilter }) {
  const [path] = useLocation();
  const to = (value: string) => `${path}?${searchWith(search, { tab: value, session: '' })}`;
  return (
    <nav aria-label="Logs" className={styles.tabs}>
      <Link href={to('')} aria-current={tab === 'sessions' ? 'page' : undefined}>
        Sessions
      </Link>
      <Link href={to('events')} aria-current={tab === 'events' ? 'page' : undefined}>
        Events
      </Link>
    </nav>
  );
}

/** What restricts the list. */
export function ActivityFilters({
  filter: { tab, search, change },
  keys,
  projects,
}: {
  filter: ActivityFilter;
  keys: readonly Named[];
  /** Of a workspace; else there is but one. */
  projects?: readonly Named[];
}) {
  const of = (name: string) => search.get(name) ?? '';
  return (
    <div className={styles.filters}>
      {tab === 'sessions' && (
        <Chips
          label="Status"
          value={of('status')}
          options={statusChoices}
          onChange={(status) => change({ status })}
        />
      )}
      <div className={styles.fields}>
        <SearchField
          label={tab === 'sessions' ? 'Search sessions' : 'Search events'}
          value={of('search')}
          onChange={(text) => change({ search: text })}
        />
        <SelectField
          label="Time"
          hideLabel
          value={of('range')}
          onChange={({ target }) => change({ range: target.value, from: '', to: '' })}
        >
          {rangeChoices.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
          <option value="custom">Custom days…</option>
        </SelectField>
        {of('range') === 'custom' && (
          <>
            <TextField
              type="date"
              label="First day"
              hideLabel
              value={of('from')}
              onChange={({ target }) => change({ from: target.value })}
            />
            <TextField
              type="date"
              label="Last day"
              hideLabel
              value={of('to')}
              onChange={({ target }) => change({ to: target.value })}
            />
          </>
        )}
        {projects && (
          <Choice
            {...{ search, change }}
            label="Project"
            all="All projects"
            name="project"
            options={projects}
          />
        )}
        <Choice {...{ search, change }} label="API key" all="All keys" name="key" options={keys} />
        {tab === 'events' && (
          <>
            <Choice
              {...{ search, change }}
              label="Type"
              all="All types"
              name="type"
              options={logTypes.map((type) => ({ id: type, name: type }))}
            />
            <Choice
              {...{ search, change }}
              label="Level"
              all="All levels"
              name="level"
              options={[
                { id: 'INFO', name: 'Info' },
                { id: 'WARN', name: 'Warning' },
                { id: 'ERROR', name: 'Error' },
              ]}
            />
          </>
        )}
        <SearchField
          label="User id"
          value={of('subject')}
          onChange={(subject) => change({ subject })}
        />
      </div>
    </div>
  );
}

function Choice({
  search,
  change,
  label,
  all,
  name,
  options,
}: Pick<ActivityFilter, 'search' | 'change'> & {
  label: string;
  all: string;
  /** In the address. */
  name: string;
  options: readonly Named[];
}) {
  return (
    <SelectField
      label={label}
      hideLabel
      value={search.get(name) ?? ''}
      onChange={({ target }) => change({ [name]: target.value })}
    >
      <option value="">{all}</option>
      {options.map(({ id, name: text }) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </SelectField>
  );
}
