import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { ApiKeyType } from '../gql/graphql.ts';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import type { More } from '../paged-answer.ts';
import { Button } from '../ui/Button.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Section } from '../ui/Section.tsx';
import styles from './ApiKeySections.module.css';
import { ApiKeysTable } from './ApiKeysTable.tsx';
import { KeyPowers } from './KeyPowers.tsx';
import { RotationNotices } from './RotationNotices.tsx';
import { ShowMore } from './ShowMore.tsx';
import { curlSnippet, fetchSnippet } from './snippets.ts';

/** Nobody needs it before they add a key. */
const AddApiKeyDialog = lazy(async () => {
  const { AddApiKeyDialog } = await import('./AddApiKeyDialog.tsx');
  return { default: AddApiKeyDialog };
});

export const ApiKeySections_Environment = graphql(`
  fragment ApiKeySections_Environment on Environment {
    id
    name
    kind
    project { id publicAccess }
    viewerCanManageKeys
    primaryKey(type: PUBLISHABLE) { id publishableValue }
    apiKeys(first: $first, after: $after) {
      edges {
        node {
          id
          type
          ...ApiKeysTable_ApiKey
          ...RotationNotices_ApiKey
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const sections = [
  {
    type: 'PUBLISHABLE',
    title: (
      <>
        Publishable keys <code>pk_</code> · browsers and mobile apps · limited
      </>
    ),
    label: 'Publishable keys',
  },
  {
    type: 'SECRET',
    title: (
      <>
        Secret keys <code>sk_</code> · servers only · full power in this environment
      </>
    ),
    label: 'Secret keys',
  },
] as const;

/** The keys of an environment by their two types, and what each may do. */
export function ApiKeySections({
  more,
  ...props
}: {
  environment: FragmentType<typeof ApiKeySections_Environment>;
  more: More;
}) {
  const environment = readFragment(ApiKeySections_Environment, props.environment);
  const { kind, project, viewerCanManageKeys, primaryKey } = environment;
  const [adding, setAdding] = useState<ApiKeyType | null>(null);
  const [wanted, setWanted] = useState(false);
  if (adding && !wanted) setWanted(true);
  const [newId, setNewId] = useState<string | null>(null);
  const keys = environment.apiKeys.edges.map(({ node }) => node);
  const place = kind === 'PRODUCTION' ? 'Keys of production take' : 'Keys take';
  const role = kind === 'PRODUCTION' ? 'Admin' : 'Developer';

  return (
    <div className={styles.sections}>
      <RotationNotices keys={keys} canManage={viewerCanManageKeys} />
      {sections.map(({ type, title, label }) => (
        <Section
          key={type}
          title={title}
          actions={
            <Button
              size="small"
              icon={<Plus aria-hidden="true" />}
              data-shortcut={type === 'SECRET' ? 'c' : undefined}
              reason={viewerCanManageKeys ? null : `${place} the role ${role} or higher.`}
              onClick={() => setAdding(type)}
            >
              Add key
              <span className="visually-hidden"> to {label.toLowerCase()}</span>
            </Button>
          }
        >
          <ApiKeysTable
            label={label}
            keys={keys.filter((key) => key.type === type)}
            canManage={viewerCanManageKeys}
            highlightedId={newId}
            empty={
              more.hasMore ? (
                <Empty title={`None among the ${keys.length} newest keys`} />
              ) : (
                <NoKeys type={type} publishableValue={primaryKey?.publishableValue ?? null} />
              )
            }
          />
        </Section>
      ))}
      <ShowMore more={more} />
      <div className={styles.beside}>
        <Section title="What a key may do">
          <KeyPowers />
        </Section>
        <Section
          title="Start a session from a page"
          description={
            kind === 'PRODUCTION' && !project.publicAccess
              ? 'In production this takes public access, which is off in the settings.'
              : undefined
          }
        >
          <CodeBlock
            label="the snippet"
            text={fetchSnippet(location.origin, primaryKey?.publishableValue ?? 'pk_…')}
          />
        </Section>
      </div>
      <Suspense>
        {wanted && (
          <AddApiKeyDialog
            type={adding}
            environment={environment}
            onClose={() => setAdding(null)}
            onAdded={setNewId}
          />
        )}
      </Suspense>
    </div>
  );
}

function NoKeys({ type, publishableValue }: { type: ApiKeyType; publishableValue: string | null }) {
  if (type === 'PUBLISHABLE') {
    return (
      <Empty title="No publishable key">
        <p>Pages and apps start sessions with one. Anybody may see it.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No secret key">
      <p>
        Your server confirms and exchanges sessions with one. Until then, a page can start them:
      </p>
      {publishableValue && (
        <CodeBlock label="the command" text={curlSnippet(location.origin, publishableValue)} />
      )}
    </Empty>
  );
}
