/**
 * What a signed message costs beside the bare cryptography, in one run: `npm run bench:signing`.
 *
 * Raw is node:crypto over a ready signing input, with the same key, the same asynchronous form and as many
 * operations in flight. Rounds alternate, so that a slow moment hits all alike. RATIO compares operations a
 * second; PROCESSOR the processor time of one, which says the same where other programs take the processor.
 */
import { createPrivateKey, createPublicKey, createSign, createVerify, sign, verify } from 'node:crypto';
import {
  type Algorithm,
  generateSigningKey,
  importVerificationKey,
  type SigningKey,
  signDetached,
  verifyDetached,
} from '@barlink/signing';

const rounds = 7;
const roundMs = 250;
const inFlight = 16;
const ratioMin = 0.85;

const body = Buffer.from(
  JSON.stringify({
    presentment: 'merchant',
    token: '019abf00-0000-7000-8000-000000000001',
    code: `${'0'.repeat(280)}`,
    amount: { currency: 'CNY', minor: '1250' },
  }),
);
const request = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };

type Operation = () => Promise<unknown>;

async function main(): Promise<void> {
  console.log(`body ${body.length} bytes, ${inFlight} in flight, ${rounds} rounds of ${roundMs} ms, medians`);
  let isFastEnough = true;
  for (const algorithm of ['ES256', 'EdDSA', 'SM2SM3'] as const) {
    const { rates, costs } = await measure(await operationsOf(algorithm));
    for (const [name, rate] of rates) {
      console.log(`${algorithm} ${name.padEnd(12)} ${Math.round(rate).toString().padStart(7)} ops/s`);
    }
    for (const kind of ['sign', 'verify']) {
      const ratio = (rates.get(kind) ?? 0) / (rates.get(`${kind} raw`) ?? 1);
      console.log(`RATIO ${kind} ${algorithm} ${ratio.toFixed(2)}`);
      const processor = (costs.get(`${kind} raw`) ?? 0) / (costs.get(kind) ?? 1);
      console.log(`PROCESSOR ${kind} ${algorithm} ${processor.toFixed(2)}`);
      isFastEnough &&= kind !== 'verify' || ratio >= ratioMin;
    }
    const both = (suffix: string) =>
      1 / (rates.get(`sign${suffix}`) ?? 1) + 1 / (rates.get(`verify${suffix}`) ?? 1);
    console.log(`RATIO sign+verify ${algorithm} ${(both(' raw') / both('')).toFixed(2)}`);
  }
  if (!isFastEnough) {
    console.error(`a verification costs more than raw node:crypto allows (${ratioMin})`);
    process.exitCode = 1;
  }
}

async function operationsOf(algorithm: Algorithm): Promise<Map<string, Operation>> {
  const key = await generateSigningKey(algorithm);
  const publicKey = await importVerificationKey(key.publicJwk);
  const options = {
    key,
    issuer: 'bank-a',
    ...request,
    idempotencyKey: '019abf00-0000-7000-8000-00000000abcd',
  };
  const signature = await signDetached(body, options);
  const [head = '', , tail = ''] = signature.split('.');
  const input = Buffer.from(`${head}.${body.toString('base64url')}`);
  const raw = Buffer.from(tail, 'base64url');
  const check = { keyFor: () => publicKey, ...request, now: new Date() };
  return new Map<string, Operation>([
    ...(algorithm === 'SM2SM3' ? rawSm2(key, input) : rawPooled(key, { algorithm, input, raw })),
    ['sign', () => signDetached(body, options)],
    ['verify', () => verifyDetached(body, signature, check)],
  ]);
}

interface PooledInput {
  readonly algorithm: 'ES256' | 'EdDSA';
  readonly input: Buffer;
  readonly raw: Buffer;
}

function rawPooled(key: SigningKey, { algorithm, input, raw }: PooledInput): ReadonlyMap<string, Operation> {
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const dsaEncoding = 'ieee-p1363' as const;
  const privateKey = {
    key: createPrivateKey({ key: { ...key.exportPrivateJwk() }, format: 'jwk' }),
    dsaEncoding,
  };
  const publicKey = { key: createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' }), dsaEncoding };
  return new Map<string, Operation>([
    ['sign raw', () => promise((done) => sign(digest, input, privateKey, done))],
    ['verify raw', () => promise((done) => verify(digest, input, publicKey, raw, done))],
  ]);
}

function promise<T>(run: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, value) => (error === null ? resolve(value) : reject(error)));
  });
}

/** Node reads no SM2 JWK, so the key goes in as DER; raw leaves ZA out and keeps DER signatures. */
function rawSm2(key: SigningKey, input: Buffer): ReadonlyMap<string, Operation> {
  const { x, y, d } = key.exportPrivateJwk();
  const [px, py, secret] = [x, y ?? '', d].map((text) => Buffer.from(text, 'base64url').toString('hex'));
  const der = (hex: string) => ({ key: Buffer.from(hex, 'hex'), format: 'der' }) as const;
  const ec = '301306072a8648ce3d020106082a811ccf5501822d';
  const privateHex = `308187020100${ec}046d306b0201010420${secret}a14403420004${px}${py}`;
  const privateKey = createPrivateKey({ ...der(privateHex), type: 'pkcs8' });
  const publicKey = createPublicKey({ ...der(`3059${ec}03420004${px}${py}`), type: 'spki' });
  const made = createSign('sm3').update(input).sign(privateKey);
  return new Map<string, Operation>([
    ['sign raw', async () => createSign('sm3').update(input).sign(privateKey)],
    ['verify raw', async () => createVerify('sm3').update(input).verify(publicKey, made)],
  ]);
}

/** Operations a second, and processor microseconds an operation costs: rounds in turn, the median of each. */
async function measure(
  operations: Map<string, Operation>,
): Promise<Readonly<Record<'rates' | 'costs', ReadonlyMap<string, number>>>> {
  const found = new Map([...operations.keys()].map((name) => [name, [] as Round[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, operation] of operations) {
      const measured = await measureRound(operation);
      if (round >= 0) {
        found.get(name)?.push(measured);
      }
    }
  }
  const medians = (member: keyof Round) =>
    new Map([...found].map(([name, each]) => [name, median(each.map((round) => round[member]))]));
  return { rates: medians('rate'), costs: medians('cost') };
}

interface Round {
  readonly rate: number;
  readonly cost: number;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function measureRound(operation: Operation): Promise<Round> {
  const usage = process.cpuUsage();
  const start = performance.now();
  let done = 0;
  const lanes = Array.from({ length: inFlight }, async () => {
    while (performance.now() - start < roundMs) {
      await operation();
      done += 1;
    }
  });
  await Promise.all(lanes);
  const { user, system } = process.cpuUsage(usage);
  return { rate: (done * 1000) / (performance.now() - start), cost: (user + system) / done };
}

await main();
