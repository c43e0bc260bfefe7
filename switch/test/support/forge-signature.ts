import { signDetached } from '@barlink/signing';
import type { Sender } from './sender.ts';
import { newUuid7 } from './sender.ts';

/** Signs a request with a header that our own signer would not write: `idk` may be anything. */
export async function forgeSignature(
  payload: Uint8Array,
  request: {
    readonly sender: Sender;
    readonly method: string;
    readonly target: string;
    readonly idk: string;
  },
): Promise<string> {
  const { sender, method, target, idk } = request;
  const header = {
    alg: sender.key.algorithm,
    kid: sender.key.kid,
    crit: ['iat', 'jti', 'iss', 'aud', 'htm', 'htu', 'idk'],
    iat: Math.floor(Date.now() / 1000),
    jti: newUuid7(),
    iss: sender.id,
    aud: 'barlink-switch',
    htm: method,
    htu: target,
    idk,
  };
  const segment = Buffer.from(JSON.stringify(header)).toString('base64url');
  const input = `${segment}.${Buffer.from(payload).toString('base64url')}`;
  const signature = await sender.key.sign(Buffer.from(input));
  return `${segment}..${Buffer.from(signature).toString('base64url')}`;
}

/** The signature a decent sender would put on a payment. */
export function signPayment({ key, id: issuer }: Sender, bytes: Uint8Array): Promise<string> {
  const binding = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };
  return signDetached(bytes, { key, issuer, ...binding, idempotencyKey: newUuid7() });
}
