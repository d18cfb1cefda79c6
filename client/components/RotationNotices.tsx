import type { RotationNotices_ApiKeyFragment } from '../gql/graphql.ts';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { formatCount } from '../ui/numbers.ts';
import { Time } from '../ui/Time.tsx';
import { useToldAction } from './use-told-action.ts';

const RotationNotices_ApiKey = graphql(`
  fragment RotationNotices_ApiKey on ApiKey {
    id
    name
    rotation { previousPreview endsAt previousLastUsedAt previousUseCount }
  }
`);

const FinishRotation = graphql(`
  mutation FinishRotation($input: FinishApiKeyRotationInput!) {
    finishApiKeyRotation(input: $input) {
      __typename
      ... on FinishApiKeyRotationPayload {
        apiKey { id status version ...RotationNotices_ApiKey }
      }
      ...Problem_UserError
    }
  }
`);

/** The keys of which an old secret still works: how much it is used, and the way to end it. */
export function RotationNotices({
  keys,
  canManage,
}: {
  keys: readonly FragmentType<typeof RotationNotices_ApiKey>[];
  canManage: boolean;
}) {
  return keys
    .map((key) => readFragment(RotationNotices_ApiKey, key))
    .filter(({ rotation }) => rotation !== null && rotation !== undefined)
    .map((key) => <RotationNotice key={key.id} apiKey={key} canManage={canManage} />);
}

function RotationNotice({
  apiKey,
  canManage,
}: {
  apiKey: RotationNotices_ApiKeyFragment;
  canManage: boolean;
}) {
  const { run, busy } = useToldAction(FinishRotation);
  const { id, name, rotation } = apiKey;
  if (!rotation) return null;
  const { previousPreview, endsAt, previousLastUsedAt, previousUseCount } = rotation;

  function finish() {
    void run({ input: { id } }, `The old secret of ${name} is refused from now on.`);
  }

  return (
    <Notice
      tone="caution"
      actions={
        <Button
          size="small"
          busy={busy}
          reason={canManage ? null : 'Your role does not manage keys here.'}
          onClick={finish}
        >
          Finish now
        </Button>
      }
    >
      <strong>{name}</strong>: the old secret <code>{previousPreview}</code> ends{' '}
      <Time at={endsAt} />.{' '}
      {previousLastUsedAt ? (
        <>
          It was used {formatCount(previousUseCount)} times since, last{' '}
          <Time at={previousLastUsedAt} />.
        </>
      ) : (
        'Nobody has used it since, so it can go.'
      )}
    </Notice>
  );
}
