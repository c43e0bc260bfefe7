import { encodeMerchantCode, type MerchantCode } from '@barlink/codes';
import {
  type Algorithm,
  type CreateKeysetOptions,
  createKeyset,
  type Keyset,
  type KeyValidity,
  signCode,
  verifyKeyset,
} from '../src/index.ts';
import { type Pair, pairOf, providers, withValidity } from './message-fixture.ts';

export const issuer = 'barlink-switch';
export const issuedAt = new Date('2026-11-23T00:00:00Z');
export const expiresAt = new Date('2026-11-30T00:00:00Z');
/** Made on 2026-11-22 according to its first ten characters. */
export const merchantCode: MerchantCode = {
  acquirer: '100001',
  merchantId: 'M-000123',
  codeId: codeIdAt(new Date('2026-11-22T00:00:00Z')),
  name: 'Blue Harbour Tea House',
  city: 'Shanghai',
  category: '5814',
  country: 'CN',
  currency: '156',
  mode: 'static',
};

export function switchPair(): Promise<Pair> {
  return pairOf('EdDSA');
}

/** Another key than the switch's, of the same kind. */
export function acquirerPair(algorithm: Algorithm = 'ES256'): Promise<Pair> {
  const [node, portable] = providers;
  return pairOf(algorithm, portable, node);
}

export async function makeKeysetText(
  change: Partial<CreateKeysetOptions> = {},
  { acquirer = '100001', algorithm = 'ES256' as Algorithm, validity = {} as KeyValidity } = {},
): Promise<string> {
  const { publicKey } = await acquirerPair(algorithm);
  const { key } = await switchPair();
  const entries = [{ acquirer, key: withValidity(publicKey, validity) }];
  return createKeyset(entries, { key, issuer, issuedAt, expiresAt, ...change });
}

export async function readKeyset(text: string | Promise<string>, now = issuedAt): Promise<Keyset> {
  const { publicKey } = await switchPair();
  return verifyKeyset(await text, { keyFor: () => publicKey, issuer, now });
}

export async function makeSignedCode(change: Partial<MerchantCode> = {}, algorithm: Algorithm = 'ES256') {
  const { key } = await acquirerPair(algorithm);
  return signCode(encodeMerchantCode({ ...merchantCode, ...change }), key);
}

/** 48 bits of milliseconds and 32 other bits in Crockford base32. */
export function codeIdAt(time: Date): string {
  let bits = (BigInt(time.getTime()) << 32n) | 0x12345678n;
  let text = '';
  for (let at = 0; at < 16; at += 1) {
    text = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}
