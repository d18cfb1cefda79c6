import { gathered } from '../load.ts';

export type ApiKeyStatus = 'ACTIVE' | 'INACTIVE' | 'EXPIRED' | 'ROTATING';

/** An earlier secret that still works beside the current one. */
export interface ApiKeyRotation {
  previousPreview: string;
  endsAt: Date;
  /** Since the key was regenerated; null: not once. */
  previousLastUsedAt: Date | null;
  previousUseCount: number;
}

export interface ApiKeyState {
  id: string;
  /** The first that applies: EXPIRED, INACTIVE, ROTATING, ACTIVE. */
  status: ApiKeyStatus;
  rotation: ApiKeyRotation | null;
}

/** Where keys stand by the database's clock. Of keys that were found to be readable; one statement. */
export const loadApiKeyState = gathered<ApiKeyState>(
  async (call, ids) => {
    const { rows } = await call.db.$pool.query(
      `SELECT k.id, s.preview, s.ends_at, s.last_used_at, s.use_count::float8,
         CASE WHEN k.expires_at <= now() THEN 'EXPIRED' WHEN NOT k.active THEN 'INACTIVE'
           WHEN s.id IS NOT NULL THEN 'ROTATING' ELSE 'ACTIVE' END AS status
       FROM api_keys k LEFT JOIN api_key_secrets s ON s.api_key_id = k.id AND s.ends_at > now()
       WHERE k.id = ANY ($1)`,
      [ids],
    );
    return rows.map(({ id, status, preview, ends_at, last_used_at, use_count }) => ({
      id,
      status,
      rotation: ends_at && {
        previousPreview: preview,
        endsAt: ends_at,
        previousLastUsedAt: last_used_at,
        previousUseCount: use_count,
      },
    }));
  },
  ({ id }) => id,
);
