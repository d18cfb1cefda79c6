import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';

export interface ExpectedProof {
  /** Where the server publishes its keys from. */
  url: string;
  /** The PUBLIC_URL of the server. */
  issuer: string;
  /** The project's id in production, the environment's anywhere else. */
  audience: string;
  nonce: string;
}

/**
 * Checks a proof as an integrator's server would: the signature by the published keys, who issued it,
 * for whom, that it has not expired, and that it belongs to this very attempt.
 *
 * @throws {errors.JOSEError} one of these is not so
 */
export async function verifyProof(proof: string, expected: ExpectedProof): Promise<JWTPayload> {
  const { url, issuer, audience, nonce } = expected;
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url));
  const { payload } = await jwtVerify(proof, keys, {
    issuer,
    audience,
    algorithms: ['EdDSA'],
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'nonce'],
  });
  if (payload.nonce !== nonce) {
    throw new errors.JWTClaimValidationFailed('unexpected "nonce" claim value', payload, 'nonce');
  }
  return payload;
}

/** The claim for which a proof is refused, or null where it is not refused for a claim. */
export async function claimRefused(proof: string, expected: ExpectedProof): Promise<string | null> {
  try {
    await verifyProof(proof, expected);
    return null;
  } catch (error) {
    if (error instanceof errors.JWTClaimValidationFailed) return error.claim;
    throw error;
  }
}
