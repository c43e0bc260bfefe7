import { isUuid7, type Money } from '@barlink/protocol';
import { type HmacSha256, portableHmacSha256, writeAscii } from './one-time-value.ts';
import { assertDeviceKey } from './payer-device.ts';
import { TokenError } from './token-error.ts';

/** A device's word that it wants to make one payment; goes with the payment request. spec/tokens.md 4. */
export interface Cryptogram {
  /** One more than that of the device's last cryptogram; 1 for the first. */
  readonly counter: number;
  /** 16 bytes, base64url. */
  readonly value: string;
}

/** What a cryptogram covers. */
export interface CryptogramInput {
  readonly tokenId: string;
  /** The idempotency key of the payment request: new for each payment, and not chosen by the payee. */
  readonly idempotencyKey: string;
  /** What will be paid, also when the code says it. */
  readonly amount: Money;
  /** The scanned text, unchanged: it names acquirer, merchant and sale. */
  readonly payload: string;
}

/** Most cryptograms one device key makes. */
export const cryptogramCounterMax = 0xffff_ffff;
const valueBytes = 16;
const label = 'BLCG1';

/**
 * Makes the cryptogram of a payment.
 *
 * @throws {TokenError} `PAYER_DEVICE_INVALID`, `CRYPTOGRAM_INPUT_INVALID`
 */
export function createCryptogram(
  options: CryptogramInput & {
    readonly deviceKey: Uint8Array;
    readonly counter: number;
    readonly hmacSha256?: HmacSha256;
  },
): Cryptogram {
  const { counter, deviceKey, hmacSha256 = portableHmacSha256 } = options;
  assertDeviceKey(deviceKey);
  const mac = hmacSha256(cryptogramKey(deviceKey, hmacSha256), encodeCryptogramInput(options));
  return { counter, value: toBase64url(mac.subarray(0, valueBytes)) };
}

/**
 * Returns when the device with this key made the cryptogram for this payment. That its counter was not used
 * before is for the keeper of the token to decide.
 *
 * @throws {TokenError} `PAYER_DEVICE_INVALID`, `CRYPTOGRAM_INPUT_INVALID`, `CRYPTOGRAM_VALUE_MISMATCH`
 */
export function verifyCryptogram(
  options: CryptogramInput & {
    readonly deviceKey: Uint8Array;
    readonly cryptogram: Cryptogram;
    readonly hmacSha256?: HmacSha256;
  },
): void {
  const { cryptogram, ...input } = options;
  const expected = createCryptogram({ ...input, counter: cryptogram.counter }).value;
  let difference = expected.length ^ cryptogram.value.length;
  for (let at = 0; at < expected.length; at += 1) {
    difference |= expected.charCodeAt(at) ^ cryptogram.value.charCodeAt(at);
  }
  if (difference !== 0) {
    throw new TokenError(
      'CRYPTOGRAM_VALUE_MISMATCH',
      'The device did not make this cryptogram for this payment.',
    );
  }
}

/** The key for cryptograms, so that no payer code and no cryptogram are made with one key. */
export function cryptogramKey(deviceKey: Uint8Array, hmacSha256: HmacSha256): Uint8Array {
  const text = new Uint8Array(9);
  writeAscii(text, `${label} key`, 0);
  return hmacSha256(deviceKey, text);
}

/**
 * Label (5 bytes), counter (4, big endian), token id (16), idempotency key (16), currency (3), minor units
 * (8), then the payload in UTF-8.
 *
 * @throws {TokenError} `CRYPTOGRAM_INPUT_INVALID`
 */
export function encodeCryptogramInput(input: CryptogramInput & { readonly counter: number }): Uint8Array {
  const { counter, tokenId, idempotencyKey, amount, payload } = input;
  if (!Number.isInteger(counter) || counter < 1 || counter > cryptogramCounterMax) {
    throw invalidInput('The counter is not a whole number from 1 to 4294967295.', '/counter');
  }
  if (!isUuid7(tokenId) || !isUuid7(idempotencyKey)) {
    throw invalidInput('Token id and idempotency key are not UUIDv7.', '/idempotencyKey');
  }
  if (!/^[A-Z]{3}$/.test(amount.currency) || amount.minor < 1n || amount.minor >= 2n ** 63n) {
    throw invalidInput('The amount is none.', '/amount');
  }
  const text = new TextEncoder().encode(payload);
  const bytes = new Uint8Array(52 + text.length);
  const view = new DataView(bytes.buffer);
  writeAscii(bytes, label, 0);
  view.setUint32(5, counter);
  writeUuid(bytes, tokenId, 9);
  writeUuid(bytes, idempotencyKey, 25);
  writeAscii(bytes, amount.currency, 41);
  view.setBigUint64(44, amount.minor);
  bytes.set(text, 52);
  return bytes;
}

function writeUuid(bytes: Uint8Array, uuid: string, at: number): void {
  const hex = uuid.replaceAll('-', '');
  for (let index = 0; index < 16; index += 1) {
    bytes[at + index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  }
}

function toBase64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function invalidInput(message: string, path: string): TokenError {
  return new TokenError('CRYPTOGRAM_INPUT_INVALID', message, { path });
}
