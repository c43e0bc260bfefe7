import { batchSigningKey, type SignDetachedOptions, type SigningKey, signDetached } from '../src/index.ts';
import { growTree } from '../src/merkle.ts';
import { body, idempotencyKey, now } from './message-fixture.ts';

export const request = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments?dry=1' };

/** A message id of its own for each message of a batch. */
export function jtiOf(at: number): string {
  return `019abf00-0000-7000-8000-${String(at).padStart(12, '0')}`;
}

/** The signatures of one batch of requests with the same body. */
export function signBatch(
  key: SigningKey,
  size: number,
  change: Partial<SignDetachedOptions> = {},
): Promise<readonly string[]> {
  const { issuer = 'bank-a' } = change;
  const together = batchSigningKey(key, { issuer });
  return Promise.all(
    Array.from({ length: size }, (_, at) =>
      signDetached(body, {
        key: together,
        issuer,
        ...request,
        issuedAt: now,
        jti: jtiOf(at),
        idempotencyKey,
        ...change,
      }),
    ),
  );
}

/** The parts of a signature made in a batch. */
export interface BatchParts {
  readonly header: string;
  readonly path: string;
  readonly batch: string;
  readonly signature: string;
}

export function partsOf(signature: string): BatchParts {
  const match = /^([^.]+)\.\.([^~]+)~([^.]+)\.\.(.+)$/.exec(signature);
  const [, header = '', path = '', batch = '', raw = ''] = match ?? [];
  return { header, path, batch, signature: raw };
}

export function joinParts({ header, path, batch, signature }: BatchParts): string {
  return `${header}..${path}~${batch}..${signature}`;
}

/** Signs a batch by hand, so that what this package would never write can be tried. */
export async function forgeBatch(
  key: SigningKey,
  forged: {
    readonly headers: readonly string[];
    readonly batchHeader: string;
    readonly content?: Uint8Array;
  },
): Promise<readonly string[]> {
  const { provider } = key;
  const { headers, batchHeader, content = body } = forged;
  const leaves = headers.map((header) =>
    provider.sha256(Buffer.from(`\0${header}.${Buffer.from(content).toString('base64url')}`)),
  );
  const { root, inclusions } = growTree(leaves, provider.sha256);
  const batch = Buffer.from(batchHeader).toString('base64url');
  const raw = await key.sign(Buffer.from(`${batch}.${Buffer.from(root).toString('base64url')}`));
  const signature = Buffer.from(raw).toString('base64url');
  return inclusions.map(({ index, path }, at) => {
    const bytes = Buffer.concat([Buffer.of(index), ...path]);
    return joinParts({
      header: headers[at] ?? '',
      path: bytes.toString('base64url'),
      batch,
      signature,
    });
  });
}

/** The header of a batch as JSON members. */
export function batchHeaderOf(signature: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(partsOf(signature).batch, 'base64url').toString());
}
