import { Link } from 'wouter';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import styles from './WebhookUrlField.module.css';

/** The simple case of webhooks: one URL of the default environment; null: none. */
export function WebhookUrlField({
  project,
  value,
  disabled,
  error,
  onChange,
}: {
  /** As it is saved. */
  project: {
    id: string;
    webhookUrl?: string | null;
    defaultEnvironment: { name: string };
  };
  value: string | null;
  disabled: boolean;
  error: string | null;
  onChange: (value: string | null) => void;
}) {
  const { id, webhookUrl, defaultEnvironment } = project;
  const isRemoved = webhookUrl != null && value === null;
  return (
    <div className={styles.field}>
      <div className={styles.line}>
        <TextField
          label="Webhook URL"
          className={styles.url}
          type="url"
          inputMode="url"
          placeholder="https://example.com/webhooks"
          disabled={disabled}
          value={value ?? ''}
          error={error}
          hint={
            <>
              Is told what happens in {defaultEnvironment.name}: the oldest endpoint there, which
              this adds, moves or removes. Its secret and more endpoints are under{' '}
              <Link href={paths.webhooks(id)}>Webhooks</Link>.
            </>
          }
          onChange={(event) => onChange(event.target.value || null)}
        />
        {value !== null && (
          <Button disabled={disabled} className={styles.remove} onClick={() => onChange(null)}>
            Remove<span className="visually-hidden"> webhook URL</span>
          </Button>
        )}
      </div>
      {isRemoved && (
        <Notice tone="caution">
          Saving deletes the endpoint <code>{webhookUrl}</code> with its secret and its log of
          deliveries.
        </Notice>
      )}
    </div>
  );
}
