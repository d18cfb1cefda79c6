/** What the address says: the environment that is looked at, filters, tabs. */
import { useEffect, useState } from 'react';
import { useParams, useSearch, useSearchParams } from 'wouter';

/** One parameter of the address; '' where it is not there. Setting '' takes it away. */
export function useSearchState(
  name: string,
): [value: string, set: (value: string, options?: { push?: boolean }) => void] {
  const [search, setSearch] = useSearchParams();
  return [
    search.get(name) ?? '',
    (value, { push = false } = {}) =>
      setSearch((before) => searchWith(before, { [name]: value }), { replace: !push }),
  ];
}

/** All parameters of the address, and a way to change several of them at once; '' takes one away. */
export function useSearchStates(): [
  search: URLSearchParams,
  change: (values: Readonly<Record<string, string>>, options?: { push?: boolean }) => void,
] {
  const [search, setSearch] = useSearchParams();
  return [
    search,
    (values, { push = false } = {}) =>
      setSearch((before) => searchWith(before, values), { replace: !push }),
  ];
}

/** A query string with some parameters changed; '' takes one away. */
export function searchWith(
  before: URLSearchParams,
  values: Readonly<Record<string, string>>,
): URLSearchParams {
  const after = new URLSearchParams(before);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') after.delete(name);
    else after.set(name, value);
  }
  return after;
}

/** The environment in the address; null: the project's default one. */
export function useEnvironmentId(): string | null {
  return new URLSearchParams(useSearch()).get('environment') || null;
}

/**
 * The token behind the # of a one-time link. It is taken out of the address at once, so that it stays
 * in no history, and nobody reads it over a shoulder. '' where there is none.
 */
export function useLinkToken(): string {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname);
  }, []);
  return token;
}

/**
 * The variables of a page that looks at one environment of a project. Its query reads
 * `project { current: defaultEnvironment @skip(if: $chosen) {…} }` and
 * `environment(id: $environmentId) @include(if: $chosen) {…}`, so that one request is enough.
 */
export function useEnvironmentVariables(): {
  projectId: string;
  environmentId: string;
  chosen: boolean;
} {
  const { projectId = '' } = useParams();
  const environmentId = useEnvironmentId();
  return { projectId, environmentId: environmentId ?? '', chosen: environmentId !== null };
}
