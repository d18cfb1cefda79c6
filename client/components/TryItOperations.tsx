import { useState } from 'react';
import { useSearchState } from '../location.ts';
import { CodeBlock } from '../ui/Code.tsx';
import { Section } from '../ui/Section.tsx';
import { Tabs } from '../ui/Tabs.tsx';
import styles from './TryIt.module.css';
import { asCurl, asUrql, type TrialFacts, trialSteps } from './try-it-steps.ts';

const languages = [
  { value: 'graphql', label: 'GraphQL' },
  { value: 'curl', label: 'curl' },
  { value: 'urql', label: 'urql' },
] as const;

/** Each step as one would write it oneself, with the ids of the session above. */
export default function TryItOperations({ facts }: { facts: TrialFacts }) {
  const steps = trialSteps(facts);
  const [chosen, choose] = useState('start');
  const [written, write] = useSearchState('as');
  const step = steps.find(({ key }) => key === chosen) ?? steps[0]!;
  const language = languages.find(({ value }) => value === written)?.value ?? 'graphql';
  const { origin } = facts;
  return (
    <Section
      title="The operations"
      description="What both sides send, with the ids of this session. Copy any of them and it runs."
    >
      <Tabs
        label="Step"
        value={step.key}
        tabs={steps.map(({ key, name }) => ({ value: key, label: name }))}
        onChange={choose}
      >
        <p className={styles.muted}>{step.text}</p>
        <Tabs
          label="Language"
          value={language}
          tabs={languages}
          onChange={(next) => write(next === 'graphql' ? '' : next)}
        >
          {language === 'graphql' && (
            <>
              <CodeBlock label="the operation" text={step.query} />
              <CodeBlock
                label="its variables"
                text={JSON.stringify(step.ownVariables ?? step.variables, null, 2)}
              />
            </>
          )}
          {language === 'curl' && <CodeBlock label="the command" text={asCurl(step, origin)} />}
          {language === 'urql' && <CodeBlock label="the call" text={asUrql(step, origin)} />}
        </Tabs>
      </Tabs>
    </Section>
  );
}
