import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { VerifiedHead } from './finding.ts';

/** Public keys by kid; a signature counts under the algorithm of its key only. */
export type HeadKeys = ReadonlyMap<string, { readonly algorithm: string; readonly key: KeyObject }>;

/** Reads a JWKS; keys of kinds that node:crypto cannot use this way are left out. */
export function readKeys(jwks: unknown): HeadKeys {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  const found = new Map<string, { algorithm: string; key: KeyObject }>();
  for (const jwk of Array.isArray(keys) ? (keys as Record<string, unknown>[]) : []) {
    const algorithm = jwk.crv === 'P-256' ? 'ES256' : jwk.crv === 'Ed25519' ? 'EdDSA' : undefined;
    if (algorithm !== undefined && typeof jwk.kid === 'string') {
      found.set(jwk.kid, { algorithm, key: createPublicKey({ key: jwk, format: 'jwk' }) });
    }
  }
  return found;
}

/** Verifies a signed tree head (spec/audit.md 4). Undefined when it does not hold. */
export function verifyHead(signed: string, keys: HeadKeys): VerifiedHead | undefined {
  const payload = verifyCompact(signed, { keys, type: 'barlink-tree-head+jws' });
  const { log, at } = payload ?? {};
  const head = readName(payload);
  const previous = payload?.previous === undefined ? undefined : readName(payload.previous);
  const isWhole = payload?.previous === undefined || previous !== undefined;
  return head !== undefined && isWhole && typeof log === 'string' && typeof at === 'string'
    ? { log, ...head, at, previous, signed }
    : undefined;
}

/** Verifies a cosignature over a head (spec/audit.md 6) by one of these keys. */
export function isCosigned(signed: string, head: VerifiedHead, keys: HeadKeys): boolean {
  const payload = verifyCompact(signed, { keys, type: 'barlink-cosignature+jws' });
  const seen = readName(payload);
  return payload?.log === head.log && seen?.size === head.size && seen.root.equals(head.root);
}

/** The kid a compact JWS names; nothing is verified. */
export function kidOf(signed: string): string | undefined {
  const { kid } = readJson(signed.split('.')[0] ?? '') ?? {};
  return typeof kid === 'string' ? kid : undefined;
}

/** 32 bytes in base64url, in their one form. */
export function readHash(text: unknown): Buffer | undefined {
  const bytes = typeof text === 'string' ? decode(text) : undefined;
  return bytes?.length === 32 ? bytes : undefined;
}

function verifyCompact(
  signed: string,
  { keys, type }: { readonly keys: HeadKeys; readonly type: string },
): Record<string, unknown> | undefined {
  const [header = '', payload = '', signature = '', ...more] = signed.split('.');
  const said = readJson(header);
  const { alg, kid, typ } = said ?? {};
  const known = typeof kid === 'string' ? keys.get(kid) : undefined;
  const bytes = decode(signature);
  const isForm =
    more.length === 0 && typ === type && Object.keys(said ?? {}).length === 3 && bytes?.length === 64;
  if (!isForm || known === undefined || known.algorithm !== alg) {
    return undefined;
  }
  const isTrue = verify(
    known.algorithm === 'ES256' ? 'sha256' : null,
    Buffer.from(`${header}.${payload}`),
    { key: known.key, dsaEncoding: 'ieee-p1363' },
    bytes,
  );
  return isTrue ? readJson(payload) : undefined;
}

function readName(value: unknown): { readonly size: number; readonly root: Buffer } | undefined {
  const { size, root } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const hash = readHash(root);
  return typeof size === 'number' && Number.isSafeInteger(size) && size > 0 && hash !== undefined
    ? { size, root: hash }
    : undefined;
}

function readJson(segment: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decode(segment)?.toString('utf8') ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
