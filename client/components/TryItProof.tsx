import { CodeBlock } from '../ui/Code.tsx';
import { CopyText } from '../ui/Copy.tsx';
import { Section } from '../ui/Section.tsx';
import styles from './TryIt.module.css';

/** What the proof says, read and not checked: that takes the published keys. */
export function TryItProof({ proof }: { proof: string }) {
  const [header = '', claims = ''] = proof.split('.');
  return (
    <Section
      title="The proof"
      description={
        <>
          A JWT, signed with EdDSA. Your backend checks it with the keys at{' '}
          <a href="/.well-known/jwks.json" target="_blank" rel="noreferrer">
            /.well-known/jwks.json
          </a>
          . Outside production its audience is the environment, so no test passes for the real
          thing.
        </>
      }
    >
      <CopyText value={proof} label="proof">{`${proof.slice(0, 40)}…`}</CopyText>
      <div className={styles.pair}>
        <CodeBlock label="the header" text={decode(header)} />
        <CodeBlock label="the claims" text={decode(claims)} />
      </div>
    </Section>
  );
}

function decode(part: string): string {
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  );
  return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
}
