import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { classNames } from '../ui/class-names.ts';
import { DayChart } from '../ui/DayChart.tsx';
import { formatCount, formatDuration, formatPart } from '../ui/numbers.ts';
import { Section } from '../ui/Section.tsx';
import styles from './AnalyticsReport.module.css';

export const AnalyticsReport_Analytics = graphql(`
  fragment AnalyticsReport_Analytics on Analytics {
    from
    to
    totalSessions
    confirmedSessions
    uniqueUsers
    conversionRate
    previous { totalSessions confirmedSessions uniqueUsers conversionRate }
    daily { date sessions confirmed uniqueUsers }
    funnel { requested confirmed used cancelled expired pending }
    timeToConfirm { p50Ms p95Ms }
  }
`);

/** What became of the sessions of some days. */
export function AnalyticsReport({
  mark,
  ...props
}: {
  analytics: FragmentType<typeof AnalyticsReport_Analytics>;
  /** Whether it keeps itself up to date. */
  mark: ReactNode;
}) {
  const analytics = readFragment(AnalyticsReport_Analytics, props.analytics);
  const { previous, daily, funnel, timeToConfirm } = analytics;
  const before = daily.length === 1 ? 'the day before' : `the ${daily.length} days before`;
  const { conversionRate: rate } = analytics;
  return (
    <div className={styles.report}>
      <section aria-label="Totals" className={styles.cards}>
        <Card name="Sessions" value={formatCount(analytics.totalSessions)}>
          <Delta now={analytics.totalSessions} then={previous.totalSessions} before={before} />
        </Card>
        <Card name="Confirmed" value={formatCount(analytics.confirmedSessions)}>
          <Delta
            now={analytics.confirmedSessions}
            then={previous.confirmedSessions}
            before={before}
          />
        </Card>
        <Card name="Unique users" value={formatCount(analytics.uniqueUsers)}>
          <Delta now={analytics.uniqueUsers} then={previous.uniqueUsers} before={before} />
        </Card>
        <Card name="Conversion" value={rate == null ? '–' : formatPart(rate)}>
          <PointsDelta now={rate} then={previous.conversionRate} before={before} />
        </Card>
      </section>
      <Section title="Sessions by day" actions={mark} card>
        <DayChart
          label="Sessions by day"
          allName="Started"
          partName="Confirmed"
          days={daily.map(({ date, sessions, confirmed, uniqueUsers }) => ({
            date,
            all: sessions,
            part: confirmed,
            more: { name: 'Unique users', value: uniqueUsers },
          }))}
        />
      </Section>
      <div className={styles.beside}>
        <Section title="Funnel" card>
          <div className={styles.funnel}>
            <Step name="Started" count={funnel.requested} of={funnel.requested} />
            <Step name="Confirmed" count={funnel.confirmed} of={funnel.requested} kept />
            <Step name="Exchanged for a proof" count={funnel.used} of={funnel.requested} kept />
            <p className={styles.lost}>
              <span>{formatCount(funnel.expired)} expired</span>
              <span>{formatCount(funnel.cancelled)} cancelled</span>
              <span>{formatCount(funnel.pending)} pending</span>
            </p>
          </div>
        </Section>
        <Section title="Time to confirm" card>
          <dl className={styles.times}>
            <Duration name="Half within (p50)" milliseconds={timeToConfirm?.p50Ms} />
            <Duration name="95 of 100 within (p95)" milliseconds={timeToConfirm?.p95Ms} />
          </dl>
        </Section>
      </div>
    </div>
  );
}

function Card({ name, value, children }: { name: string; value: string; children: ReactNode }) {
  return (
    <dl className={styles.card}>
      <dt>{name}</dt>
      <dd className="number">{value}</dd>
      <dd className={styles.delta}>{children}</dd>
    </dl>
  );
}

function Delta({ now, then, before }: { now: number; then: number; before: string }) {
  if (then === 0) return <>{now === 0 ? `As in ${before}` : `None in ${before}`}</>;
  return (
    <>
      <Change by={(now - then) / then} text={formatPart(Math.abs(now - then) / then)} />
      <span>
        from {formatCount(then)} in {before}
      </span>
    </>
  );
}

/** Of rates the difference is told: "12 % more of 10 %" would mislead. */
function PointsDelta({
  now,
  then,
  before,
}: {
  now: number | null | undefined;
  then: number | null | undefined;
  before: string;
}) {
  if (now == null || then == null) return <>Nothing to compare in {before}</>;
  const points = Math.round((now - then) * 1000) / 10;
  return (
    <>
      <Change by={points} text={`${formatCount(Math.abs(points))} points`} />
      <span>
        from {formatPart(then)} in {before}
      </span>
    </>
  );
}

function Change({ by, text }: { by: number; text: string }) {
  if (by === 0) return <span>Unchanged</span>;
  return (
    <span className={by > 0 ? styles.up : styles.down}>
      {by > 0 ? <ArrowUp aria-hidden="true" /> : <ArrowDown aria-hidden="true" />}
      <span className="visually-hidden">{by > 0 ? 'Up' : 'Down'} </span>
      {text}
    </span>
  );
}

function Step({
  name,
  count,
  of,
  kept = false,
}: {
  name: string;
  count: number;
  of: number;
  kept?: boolean;
}) {
  const part = of === 0 ? 0 : count / of;
  return (
    <div className={styles.step}>
      <div>
        <span>{name}</span>
        <span className={classNames('number', styles.value)}>
          {formatCount(count)} · {formatPart(part)}
        </span>
      </div>
      <div className={classNames(styles.track, kept && styles.kept)} aria-hidden="true">
        <i style={{ width: `${part * 100}%` }} />
      </div>
    </div>
  );
}

function Duration({
  name,
  milliseconds,
}: {
  name: string;
  milliseconds: number | null | undefined;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{milliseconds == null ? '–' : formatDuration(milliseconds)}</dd>
    </div>
  );
}
