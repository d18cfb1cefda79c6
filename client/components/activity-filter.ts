/** Which sessions or log entries a page shows: all of it stands in the address. */
import { useMemo } from 'react';
import type { AuthSessionFilter, AuthSessionStatus, LogFilter, LogLevel } from '../gql/graphql.ts';
import { useSearchStates } from '../location.ts';

/** The chips. Confirmed ones that were exchanged since are confirmed to everybody but the API. */
export const statusChoices: readonly {
  value: string;
  label: string;
  statuses?: AuthSessionStatus[];
}[] = [
  { value: '', label: 'All' },
  { value: 'confirmed', label: 'Confirmed', statuses: ['CONFIRMED', 'USED'] },
  { value: 'pending', label: 'Pending', statuses: ['PENDING'] },
  { value: 'expired', label: 'Expired', statuses: ['EXPIRED'] },
  { value: 'cancelled', label: 'Cancelled', statuses: ['CANCELLED'] },
];

export const rangeChoices = [
  { value: '', label: 'Any time', hours: null },
  { value: '1h', label: 'Last hour', hours: 1 },
  { value: '24h', label: 'Last 24 hours', hours: 24 },
  { value: '7d', label: 'Last 7 days', hours: 168 },
  { value: '30d', label: 'Last 30 days', hours: 720 },
] as const;

export type ActivityTab = 'sessions' | 'events';

/** What restricts the list, by its name in the address. */
const filterNames = [
  'status',
  'search',
  'range',
  'from',
  'to',
  'key',
  'subject',
  'project',
  'type',
  'level',
];

export interface ActivityFilter {
  tab: ActivityTab;
  search: URLSearchParams;
  sessions: AuthSessionFilter;
  logs: LogFilter;
  /** Whether anything restricts the list. */
  isFiltered: boolean;
  change: (values: Readonly<Record<string, string>>) => void;
  clear: () => void;
}

export function useActivityFilter(): ActivityFilter {
  const [search, change] = useSearchStates();
  const tab = search.get('tab') === 'events' ? 'events' : 'sessions';
  const of = (name: string) => search.get(name) ?? '';
  // Only of what restricts: opening a session changes the address and not the list.
  const asked = JSON.stringify(filterNames.map(of));
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` stands for all of them
  const filters = useMemo(() => {
    const shared = {
      search: of('search') || null,
      apiKeyId: of('key') || null,
      subjectId: of('subject') || null,
      projectIds: of('project') ? [of('project')] : null,
      ...rangeOf(of('range'), of('from'), of('to')),
    };
    const statuses = statusChoices.find(({ value }) => value === of('status'))?.statuses ?? null;
    const sessions: AuthSessionFilter = { ...shared, statuses };
    const logs: LogFilter = {
      ...shared,
      types: of('type') ? [of('type')] : null,
      levels: of('level') ? [of('level') as LogLevel] : null,
    };
    return { sessions, logs };
  }, [asked]);
  const own = tab === 'sessions' ? ['type', 'level'] : ['status'];
  return {
    tab,
    search,
    ...filters,
    isFiltered: filterNames.some((name) => !own.includes(name) && of(name) !== ''),
    change,
    clear: () => change(Object.fromEntries(filterNames.map((name) => [name, '']))),
  };
}

/** Days of one's own are whole, where the reader is; the others end now. */
function rangeOf(range: string, from: string, to: string): { from?: string; to?: string } {
  if (range === 'custom') {
    const first = new Date(`${from}T00:00:00`);
    const after = new Date(`${to}T00:00:00`);
    after.setDate(after.getDate() + 1);
    return {
      ...(!Number.isNaN(first.getTime()) && { from: first.toISOString() }),
      ...(!Number.isNaN(after.getTime()) && { to: after.toISOString() }),
    };
  }
  const hours = rangeChoices.find(({ value }) => value === range)?.hours;
  return hours ? { from: new Date(Date.now() - hours * 3_600_000).toISOString() } : {};
}
