import { lazy, Suspense, useState } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Menu } from '../ui/Menu.tsx';
import { useTestWebhook } from './use-test-webhook.ts';
import type { WebhookDialog } from './WebhookDialogs.tsx';
import { noWebhookRole } from './webhook-role.ts';

/** Nobody needs one before they choose it from the menu. */
const WebhookDialogs = lazy(() => import('./WebhookDialogs.tsx'));

const WebhookMenu_WebhookEndpoint = graphql(`
  fragment WebhookMenu_WebhookEndpoint on WebhookEndpoint {
    id
    url
    active
    ...WebhookDialogs_WebhookEndpoint
  }
`);

/** What one can do with an endpoint. */
export function WebhookMenu({
  canManage,
  onDeleted,
  ...props
}: {
  endpoint: FragmentType<typeof WebhookMenu_WebhookEndpoint>;
  canManage: boolean;
  onDeleted?: () => void;
}) {
  const endpoint = readFragment(WebhookMenu_WebhookEndpoint, props.endpoint);
  const { id, url, active } = endpoint;
  const [open, setOpen] = useState<WebhookDialog | null>(null);
  const [wanted, setWanted] = useState(false);
  if (open && !wanted) setWanted(true);
  const sendTest = useTestWebhook(id);
  const disabled = !canManage;

  return (
    <>
      <Menu
        label={`Actions for ${url}`}
        entries={[
          disabled && { note: noWebhookRole },
          { label: 'Edit…', disabled, onSelect: () => setOpen('edit') },
          {
            label: 'Send test',
            disabled: disabled || !active,
            onSelect: sendTest.send,
          },
          {
            label: 'Replay missed…',
            disabled: disabled || !active,
            onSelect: () => setOpen('replay'),
          },
          'separator',
          { label: 'Reveal secret…', disabled, onSelect: () => setOpen('reveal') },
          { label: 'Regenerate secret…', disabled, onSelect: () => setOpen('regenerate') },
          'separator',
          {
            label: active ? 'Switch off…' : 'Switch on…',
            disabled,
            onSelect: () => setOpen('switch'),
          },
          { label: 'Delete…', danger: true, disabled, onSelect: () => setOpen('delete') },
        ]}
      />
      <Suspense>
        {wanted && (
          <WebhookDialogs
            endpoint={endpoint}
            open={open}
            onClose={() => setOpen(null)}
            onDeleted={onDeleted}
          />
        )}
      </Suspense>
    </>
  );
}
