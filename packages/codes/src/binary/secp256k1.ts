const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 2n ** 256n - 0x14551231950b75fc4402da1732fc9bebfn;
const GENERATOR: Point = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
};

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** A point in Jacobian coordinates; `z` is zero at infinity. */
type Jacobian = readonly [x: bigint, y: bigint, z: bigint];

/** An ECDSA signature over secp256k1 with its recovery number (0-3). */
export interface RecoverableSignature {
  readonly r: bigint;
  readonly s: bigint;
  readonly recovery: number;
}

/** The compressed public key (hex) that made a signature over a hash; undefined when none could. */
export function recoverPublicKey(hash: Uint8Array, signature: RecoverableSignature): string | undefined {
  const { r, s, recovery } = signature;
  if (!isInOrder(r) || !isInOrder(s) || recovery > 3) return undefined;
  const x = recovery > 1 ? r + N : r;
  const point = x < P ? liftX(x, recovery & 1) : undefined;
  if (!point) return undefined;
  const inverse = invert(r, N);
  const factors = { generator: mod(-numberOf(hash) * inverse, N), point: mod(s * inverse, N) };
  const key = affine(sumOfProducts(factors, point));
  return key && compress(key);
}

/** Whether a compressed public key (hex) made a signature over a hash. */
export function isSignedBy(publicKey: string, hash: Uint8Array, signature: RecoverableSignature): boolean {
  const { r, s } = signature;
  if (!isInOrder(r) || !isInOrder(s) || !/^0[23][0-9a-f]{64}$/.test(publicKey)) return false;
  const key = liftX(BigInt(`0x${publicKey.slice(2)}`), Number(publicKey[1]) & 1);
  if (!key) return false;
  const inverse = invert(s, N);
  const factors = { generator: mod(numberOf(hash) * inverse, N), point: mod(r * inverse, N) };
  const sum = affine(sumOfProducts(factors, key));
  return sum !== undefined && mod(sum.x, N) === r;
}

/** A big-endian number. */
export function numberOf(bytes: Uint8Array): bigint {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  return number;
}

function isInOrder(value: bigint): boolean {
  return value > 0n && value < N;
}

function compress(point: Point): string {
  return `0${point.y & 1n ? 3 : 2}${point.x.toString(16).padStart(64, '0')}`;
}

/** The point with this x and a y of the given parity; undefined when x is not on the curve. */
function liftX(x: bigint, parity: number): Point | undefined {
  if (x >= P) return undefined;
  const square = mod(x * x * x + 7n, P);
  const root = power(square, (P + 1n) / 4n);
  if (mod(root * root, P) !== square) return undefined;
  return { x, y: Number(root & 1n) === parity ? root : P - root };
}

/** `generator` times G plus `point` times the point, both in one pass (Shamir). */
function sumOfProducts(
  factors: { readonly generator: bigint; readonly point: bigint },
  point: Point,
): Jacobian {
  const one: Jacobian = [GENERATOR.x, GENERATOR.y, 1n];
  const other: Jacobian = [point.x, point.y, 1n];
  const both = add(one, other);
  let sum: Jacobian = [0n, 1n, 0n];
  const first = factors.generator.toString(2).padStart(256, '0');
  const second = factors.point.toString(2).padStart(256, '0');
  for (let bit = 0; bit < 256; bit++) {
    sum = double(sum);
    const inFirst = first[bit] === '1';
    const inSecond = second[bit] === '1';
    if (inFirst || inSecond) sum = add(sum, inFirst && inSecond ? both : inFirst ? one : other);
  }
  return sum;
}

function double([x, y, z]: Jacobian): Jacobian {
  if (z === 0n) return [x, y, z];
  const yy = (y * y) % P;
  const s = (4n * x * yy) % P;
  const m = (3n * x * x) % P;
  const x3 = mod(m * m - 2n * s, P);
  return [x3, mod(m * (s - x3) - 8n * yy * yy, P), (2n * y * z) % P];
}

function add(left: Jacobian, right: Jacobian): Jacobian {
  const [x1, y1, z1] = left;
  const [x2, y2, z2] = right;
  if (z1 === 0n) return right;
  if (z2 === 0n) return left;
  const zz1 = (z1 * z1) % P;
  const zz2 = (z2 * z2) % P;
  const u1 = (x1 * zz2) % P;
  const s1 = (((y1 * z2) % P) * zz2) % P;
  const h = mod(x2 * zz1 - u1, P);
  const r = mod(((y2 * z1) % P) * zz1 - s1, P);
  if (h === 0n) return r === 0n ? double(left) : [0n, 1n, 0n];
  const hh = (h * h) % P;
  const hhh = (h * hh) % P;
  const v = (u1 * hh) % P;
  const x3 = mod(r * r - hhh - 2n * v, P);
  return [x3, mod(r * (v - x3) - s1 * hhh, P), (((h * z1) % P) * z2) % P];
}

function affine([x, y, z]: Jacobian): Point | undefined {
  if (z === 0n) return undefined;
  const inverse = invert(z, P);
  const square = (inverse * inverse) % P;
  return { x: (x * square) % P, y: (((y * square) % P) * inverse) % P };
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}

/** The inverse by the extended Euclidean algorithm. */
function invert(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, mod(value, modulus)];
  let [coefficient, following] = [0n, 1n];
  while (next > 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [coefficient, following] = [following, coefficient - quotient * following];
  }
  return mod(coefficient, modulus);
}
