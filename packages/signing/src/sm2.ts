/**
 * The parts of SM2 signatures (GB/T 32918.2, RFC 8998 profile) that do not depend on who does the curve
 * arithmetic.
 *
 * What is signed is e = SM3(ZA || M). ZA binds the signer's identifier and public key; we always compute it
 * ourselves, because a crypto library may leave it out or use another identifier without telling.
 */
const networkSignerId = '1234567812345678';
const curveA = 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc';
const curveB = '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93';
const baseX = '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7';
const baseY = 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0';

/** Coordinates of an SM2 public key, 32 bytes each. */
export interface Sm2Public {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  /** Only published test data uses another identifier than the network's. */
  readonly signerId?: string;
}

/** An SM2 private key with its public point. */
export interface Sm2Private extends Sm2Public {
  readonly d: Uint8Array;
}

/** Input of the SM3 that gives ZA: identifier length in bits, identifier, curve, base point, public key. */
export function sm2IdentityInput({ x, y, signerId = networkSignerId }: Sm2Public): Uint8Array {
  const id = Uint8Array.from(signerId, (character) => character.charCodeAt(0));
  const bits = id.length * 8;
  return concatBytes([
    Uint8Array.of(bits >> 8, bits & 255),
    id,
    fromHex(curveA + curveB + baseX + baseY),
    x,
    y,
  ]);
}

/** Raw r || s (64 bytes) -> DER SEQUENCE of two INTEGERs. */
export function derFromRaw(raw: Uint8Array): Uint8Array {
  const r = derInteger(raw.subarray(0, 32));
  const s = derInteger(raw.subarray(32, 64));
  return concatBytes([Uint8Array.of(0x30, r.length + s.length), r, s]);
}

/** DER SEQUENCE of two INTEGERs, as a crypto library writes it -> raw r || s. */
export function rawFromDer(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + length);
    const digits = value.length > 32 ? value.subarray(value.length - 32) : value;
    raw.set(digits, end - digits.length);
    at += 2 + length;
  }
  return raw;
}

/** Bytes one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Lower-case or upper-case hexadecimal -> bytes. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
}

/** Bytes -> lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The published example of GB/T 32918.5 annex A.2: what a provider must accept before it may be used. */
export const sm2Example = {
  x: fromHex('09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020'),
  y: fromHex('ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'),
  d: fromHex('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8'),
  message: fromHex('6d65737361676520646967657374'),
  signature: fromHex(
    'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
      'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  ),
} as const;

function derInteger(digits: Uint8Array): Uint8Array {
  let start = 0;
  while (start < digits.length - 1 && digits[start] === 0) {
    start += 1;
  }
  const value = digits.subarray(start);
  const sign = (value[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return concatBytes([Uint8Array.of(0x02, value.length + sign.length), sign, value]);
}
