/** Which days an analytics page shows: all of it stands in the address. */
import { useMemo } from 'react';
import type { AnalyticsRange } from '../gql/graphql.ts';
import { useSearchStates } from '../location.ts';

export const presets = ['7', '14', '30', '90'] as const;
const usualDays = '30';
export const rangeDaysMax = 366;

export interface ChosenRange {
  range: AnalyticsRange;
  /** One of the presets, or `custom`. */
  preset: string;
  /** '' where the reader's own zone is meant. */
  zone: string;
  change: (
    values: { days?: string; zone?: string } & Partial<Days>,
    options?: { push?: boolean },
  ) => void;
}

/** From the first day to the last, as date fields have them: '' while one is half typed. */
export interface Days {
  from: string;
  to: string;
}

/** Whether the server counts these days. */
export function isRange({ from, to }: Days): boolean {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1; // NaN if one is half typed
  return days >= 1 && days <= rangeDaysMax;
}

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function useAnalyticsRange(): ChosenRange {
  const [search, change] = useSearchStates();
  const zone = search.get('zone') ?? '';
  const from = search.get('from') ?? '';
  const to = search.get('to') ?? '';
  const days = search.get('days') || usualDays;
  const isCustom = from !== '' && to !== '';
  const range = useMemo(() => {
    const timeZone = zone || ownZone;
    return isCustom ? { from, to, timeZone } : { days: Number(days), timeZone };
  }, [isCustom, from, to, days, zone]);
  return {
    range,
    preset: isCustom ? 'custom' : days,
    zone,
    change: (values, options = { push: true }) =>
      change(
        values.days === undefined
          ? values
          : { days: values.days === usualDays ? '' : values.days, from: '', to: '' },
        options,
      ),
  };
}
