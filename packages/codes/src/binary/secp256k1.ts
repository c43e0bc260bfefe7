const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 2n ** 256n - 0x14551231950b75fc4402da1732fc9bebfn;
const GENERATOR: Point = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
};

/**
 * The curve's endomorphism: `LAMBDA` times a point is the point with `x` times `BETA`. `SHORT` are vectors
 * (a, b) with a + b LAMBDA = 0, half as long as the order: they halve the doublings.
 */
const BETA = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een;
const SHORT_A = 0x3086d221a7d46bcde86c90e49284eb15n;
const SHORT_B = -0xe4437ed6010e88286f547fa90abfe4c3n;
const LONG_A = SHORT_A - SHORT_B;
/** Bits of a half factor, with one to spare for the carry, and of one digit. */
const HALF_BITS = 130;
const DIGIT_BITS = 5;

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
  const root = rootOf(square);
  if (mod(root * root, P) !== square) return undefined;
  return { x, y: Number(root & 1n) === parity ? root : P - root };
}

/** `generator` times G plus `point` times the point, all in one pass (Shamir). */
function sumOfProducts(
  factors: { readonly generator: bigint; readonly point: bigint },
  point: Point,
): Jacobian {
  generatorMultiples ??= oddMultiples(GENERATOR).map(withoutDenominator);
  const terms = [
    ...halves(factors.generator, generatorMultiples),
    ...halves(factors.point, oddMultiples(point)),
  ];
  let sum: Jacobian = [0n, 1n, 0n];
  for (let at = HALF_BITS; at >= 0; at--) {
    sum = double(sum);
    for (const { digits, multiples } of terms) {
      const digit = digits[at] ?? 0;
      const multiple = multiples[Math.abs(digit) >> 1];
      if (digit !== 0 && multiple) sum = add(sum, digit > 0 ? multiple : negate(multiple));
    }
  }
  return sum;
}

interface Term {
  /** Odd numbers or zero, the lowest first, so that each multiplies a power of two. */
  readonly digits: readonly number[];
  /** 1, 3, 5 ... times the point. */
  readonly multiples: readonly Jacobian[];
}

let generatorMultiples: readonly Jacobian[] | undefined;

function oddMultiples({ x, y }: Point): readonly Jacobian[] {
  let multiple: Jacobian = [x, y, 1n];
  const twice = double(multiple);
  return Array.from({ length: 1 << (DIGIT_BITS - 2) }, (_, index) => {
    if (index > 0) multiple = add(multiple, twice);
    return multiple;
  });
}

/** Additions of such a point are shorter. */
function withoutDenominator(multiple: Jacobian): Jacobian {
  const { x, y } = affine(multiple) ?? GENERATOR;
  return [x, y, 1n];
}

/** A factor of a point as two of half the length, of the point and of `LAMBDA` times it. */
function halves(factor: bigint, multiples: readonly Jacobian[]): Term[] {
  const first = (SHORT_A * factor + N / 2n) / N;
  const second = (-SHORT_B * factor + N / 2n) / N;
  return [
    { digits: digitsOf(factor - first * SHORT_A - second * LONG_A), multiples },
    {
      digits: digitsOf(-first * SHORT_B - second * SHORT_A),
      multiples: multiples.map(([x, y, z]) => [(x * BETA) % P, y, z]),
    },
  ];
}

/** A factor in digits that are odd or zero; between two that are not zero are at least four zeros. */
function digitsOf(factor: bigint): number[] {
  const sign = factor < 0n ? -1 : 1;
  const bits = [...(factor < 0n ? -factor : factor).toString(2)].reverse().map(Number);
  const digits: number[] = Array.from({ length: HALF_BITS + 1 }, () => 0);
  let carry = 0;
  for (let at = 0; at <= HALF_BITS; at++) {
    if ((bits[at] ?? 0) === carry) continue;
    let digit = carry;
    for (let bit = 0; bit < DIGIT_BITS; bit++) digit += (bits[at + bit] ?? 0) << bit;
    carry = digit >> (DIGIT_BITS - 1);
    digits[at] = sign * (digit - (carry << DIGIT_BITS));
    at += DIGIT_BITS - 1;
  }
  return digits;
}

function negate([x, y, z]: Jacobian): Jacobian {
  return [x, P - y, z];
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
  const isPlain = z2 === 1n;
  const zz1 = (z1 * z1) % P;
  const zz2 = isPlain ? 1n : (z2 * z2) % P;
  const u1 = isPlain ? x1 : (x1 * zz2) % P;
  const s1 = isPlain ? y1 : (((y1 * z2) % P) * zz2) % P;
  const h = mod(x2 * zz1 - u1, P);
  const r = mod(((y2 * z1) % P) * zz1 - s1, P);
  if (h === 0n) return r === 0n ? double(left) : [0n, 1n, 0n];
  const hh = (h * h) % P;
  const hhh = (h * hh) % P;
  const v = (u1 * hh) % P;
  const x3 = mod(r * r - hhh - 2n * v, P);
  const z3 = (h * z1) % P;
  return [x3, mod(r * (v - x3) - s1 * hhh, P), isPlain ? z3 : (z3 * z2) % P];
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

/** The square root if there is one: the power (P + 1) / 4, four bits at a time. */
function rootOf(square: bigint): bigint {
  const powers = [1n];
  for (let at = 0; at < 15; at++) powers.push(((powers[at] ?? 1n) * square) % P);
  let root = 1n;
  for (const digit of ((P + 1n) / 4n).toString(16)) {
    for (let bit = 0; bit < 4; bit++) root = (root * root) % P;
    root = (root * (powers[Number.parseInt(digit, 16)] ?? 1n)) % P;
  }
  return root;
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
