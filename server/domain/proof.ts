import { SignJWT } from 'jose';
import type { EnvironmentKind } from '../../prisma/generated/enums.ts';
import type { SessionRecord } from './auth-sessions/record.ts';
import { idSuffix } from './ids.ts';
import { proofAlgorithm, type SigningKeys } from './signing-keys.ts';

export const proofLifetimeSeconds = 300;

/** `SessionRecord`s that were exchanged, so these are set. */
export type UsedSession = SessionRecord & {
  subject: NonNullable<SessionRecord['subject']>;
  usedAt: Date;
  proofKeyId: string;
};

/**
 * The proof of a used session: a JWT (RFC 7519) signed with EdDSA (RFC 8037).
 *
 * Made of the session alone, and Ed25519 is deterministic, so the same session gives the same proof
 * however often it is asked for.
 *
 * @param kind outside production the audience is the environment, so that a test proof fails a
 *   production check
 */
export async function signProof(
  signingKeys: SigningKeys,
  issuer: string,
  session: UsedSession,
  kind: EnvironmentKind,
): Promise<string> {
  const { id: kid, privateKey } = await signingKeys.get(session.proofKeyId);
  const { name, username, email, picture } = session.subject;
  const issuedAt = Math.floor(session.usedAt.getTime() / 1000);
  // What is undefined is left out of the JSON.
  const claims = {
    name,
    username,
    email,
    picture,
    sid: session.id,
    env: session.environmentId,
    channel: session.channel,
    nonce: session.nonce ?? undefined,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: proofAlgorithm, kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(kind === 'PRODUCTION' ? session.projectId : session.environmentId)
    .setSubject(session.subjectKey ?? '')
    .setJti(`prf_${idSuffix(session.id)}`)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + proofLifetimeSeconds)
    .sign(privateKey);
}
