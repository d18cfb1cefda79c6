import { useEffect, useRef, useState } from 'react';
import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Section } from '../ui/Section.tsx';
import { createLatchkeyClient, LatchkeyError, readAnswer } from '../urql.ts';
import { ProblemNotice } from './ProblemNotice.tsx';
import styles from './TryIt.module.css';

const CreateThrowAwayKey = graphql(`
  mutation CreateThrowAwayKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      __typename
      ... on CreateApiKeyPayload { secret apiKey { id name preview } }
      ...Problem_UserError
    }
  }
`);

const DeleteThrowAwayKey = graphql(`
  mutation DeleteThrowAwayKey($input: DeleteApiKeyInput!) {
    deleteApiKey(input: $input) {
      __typename
      ... on DeleteApiKeyPayload { deletedId }
      ...Problem_UserError
    }
  }
`);

const CountWithKey = graphql(`
  subscription CountWithKey {
    liveSessionCounts { id pending }
  }
`);

const keyName = 'Throw-away key of “Try it”';
/** Should the page be left before the key is deleted. */
const keyLivesMs = 3_600_000;

interface Line {
  at: number;
  text: string;
}

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** A secret key that lives for a moment: a socket is opened with it, and falls when it is deleted. */
export default function TryItKey({ environmentId }: { environmentId: string }) {
  const creating = useAction(CreateThrowAwayKey);
  const deleting = useAction(DeleteThrowAwayKey);
  const [lines, setLines] = useState<Line[]>([]);
  const [key, setKey] = useState<{ id: string; isConnected: boolean } | null>(null);
  const disconnect = useRef<(() => void) | null>(null);
  useEffect(() => () => disconnect.current?.(), []);

  const tell = (text: string) => setLines((before) => [...before, { at: Date.now(), text }]);

  async function create() {
    setLines([]);
    const expiresAt = new Date(Date.now() + keyLivesMs).toISOString();
    const input = { environmentId, name: keyName, type: 'SECRET' as const, expiresAt };
    const made = await creating.run({ input });
    if (!made?.secret) return;
    const { id, preview } = made.apiKey;
    setKey({ id, isConnected: false });
    tell(`Created ${preview}. Opening a socket with it.`);
    connect(made.secret, id);
  }

  function connect(secret: string, id: string) {
    const client = createLatchkeyClient({ url: location.origin, apiKey: secret });
    disconnect.current = () => client.live.dispose();
    client.subscription(CountWithKey, {}).subscribe((result) => {
      try {
        const { pending } = readAnswer(result).liveSessionCounts;
        setKey({ id, isConnected: true });
        tell(`Counts came over the socket: ${pending} pending.`);
      } catch (error) {
        if (!(error instanceof LatchkeyError)) throw error;
        setKey(null);
        tell(error.message);
      }
    });
  }

  async function remove() {
    if (!key) return;
    tell('Deleting the key.');
    await deleting.run({ input: { id: key.id, confirmName: keyName } });
  }

  return (
    <Section
      card
      title="Delete a key, and see its socket fall"
      description="A deleted key is refused at once, and every connection that it opened is closed. Try it with a secret key made for this moment."
    >
      <div className={styles.keyRow}>
        <div>
          {key ? (
            <Button look="danger" busy={!key.isConnected || deleting.busy} onClick={remove}>
              Delete this key
            </Button>
          ) : (
            <Button busy={creating.busy} onClick={create}>
              Create a key and connect
            </Button>
          )}
        </div>
        <ProblemNotice problem={creating.problem ?? deleting.problem} />
        {lines.length > 0 && (
          <ol
            className={classNames(styles.timeline, styles.brief)}
            aria-label="What happened to the key"
            aria-live="polite"
          >
            {lines.map(({ at, text }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added
              <li key={index}>
                <span className={styles.at}>{time.format(at)}</span>
                <span>{text}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Section>
  );
}
