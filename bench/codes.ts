/**
 * `@barlink/codes` beside the libraries people use for one country each, in one run: `npm run bench:codes`.
 *
 * Parse: the same payload to all. Encode: the same payment from its fields, by each library that can write
 * it.
 * All are warmed up on all rows first. Rounds of us and each peer alternate and count processor
 * time, so that a slow moment of a busy machine hits both alike; what counts is the median of the ratios
 * round by round. Garbage is collected on the main thread (`--single-threaded-gc`), whose time is counted.
 * A peer that refuses a payload is left out. What each side does for its time is in bench/README.md.
 */
import { createRequire } from 'node:module';
import { type CodeDraft, encode, parse } from '@barlink/codes';

const rounds = 9;
// Several times what garbage takes to fill the young generation: each side pays for its own.
const roundMs = 100;
const warmUpMs = 60;
const ratioMin = 1.8;
const load = createRequire(import.meta.url);

type Run = () => unknown;
type Peer = (payload: string) => unknown;

/** The parts of the peers this measures; not all of them are typed. */
interface Peers {
  readonly promptparse: {
    parse(payload: string, strict: boolean, subTags: boolean): unknown;
    readonly generate: { anyId(options: object): string; billPayment(options: object): string };
  };
  readonly 'pix-utils': {
    parsePix(payload: string): object;
    createStaticPix(options: object): { toBRCode(): string };
  };
  readonly 'vietnam-qr-pay': {
    readonly QRPay: {
      new (payload: string): { readonly isValid: boolean };
      initVietQR(options: object): { build(): string };
    };
  };
  readonly 'bakong-khqr': {
    readonly BakongKHQR: {
      new (): { generateIndividual(info: unknown): { readonly data: { readonly qr: string } } };
      decode(payload: string): { readonly data: unknown };
    };
    readonly IndividualInfo: new (account: string, name: string, city: string, options: object) => object;
  };
  readonly emvqr: { decode(payload: string): unknown };
}

function peer<Name extends keyof Peers>(name: Name): Peers[Name] {
  return load(name) as Peers[Name];
}

const drafts: Readonly<Record<string, CodeDraft>> = {
  pix: {
    scheme: 'pix',
    merchant: { name: 'THALES OGLIARI', city: 'SAO MIGUEL DO O', category: '0000' },
    money: { amount: '10.00' },
    data: { key: 'thalesog@me.com', description: 'Pedido 123', txid: '***' },
  },
  vietqr: {
    scheme: 'vietqr',
    mode: 'dynamic',
    money: { amount: '50000' },
    data: { bin: '970423', account: '0123456789', service: 'QRIBFTTA', purpose: 'Thanh toan' },
  },
  promptpay: {
    scheme: 'promptpay',
    mode: 'dynamic',
    money: { amount: '500.00' },
    data: { mobile: '0066891234567' },
  },
  khqr: {
    scheme: 'khqr',
    mode: 'static',
    merchant: { name: 'Jonh Smith', city: 'Phnom Penh', category: '5999' },
    money: { currency: '116' },
    additional: { mobileNumber: '85512345678' },
    data: { accountId: 'jonhsmith@nbcq' },
  },
};

const { generate, parse: promptParse } = peer('promptparse');
const { createStaticPix, parsePix } = peer('pix-utils');
const { QRPay } = peer('vietnam-qr-pay');
const { BakongKHQR, IndividualInfo } = peer('bakong-khqr');
const bakong = new BakongKHQR();

const parsers: Readonly<Record<string, Peer>> = {
  promptparse: (payload) => promptParse(payload, true, true),
  'pix-utils': (payload) => ('error' in parsePix(payload) ? undefined : true),
  'vietnam-qr-pay': (payload) => new QRPay(payload).isValid || undefined,
  'bakong-khqr': (payload) => BakongKHQR.decode(payload).data,
  emvqr: (payload) => peer('emvqr').decode(payload),
};
const writers: Readonly<Record<string, Readonly<Record<string, Run>>>> = {
  pix: {
    'pix-utils': () =>
      createStaticPix({
        merchantName: 'THALES OGLIARI',
        merchantCity: 'SAO MIGUEL DO O',
        pixKey: 'thalesog@me.com',
        infoAdicional: 'Pedido 123',
        transactionAmount: 10,
      }).toBRCode(),
  },
  vietqr: {
    'vietnam-qr-pay': () =>
      QRPay.initVietQR({
        bankBin: '970423',
        bankNumber: '0123456789',
        amount: '50000',
        purpose: 'Thanh toan',
      }).build(),
  },
  promptpay: { promptparse: () => generate.anyId({ type: 'MSISDN', target: '0891234567', amount: 500 }) },
  khqr: {
    'bakong-khqr': () =>
      bakong.generateIndividual(
        new IndividualInfo('jonhsmith@nbcq', 'Jonh Smith', 'Phnom Penh', {
          currency: 116,
          mobileNumber: '85512345678',
        }),
      ).data.qr,
  },
};

function main(): void {
  const rows = listRows();
  for (const { runs } of rows) for (const run of Object.values(runs)) rateOf(run, warmUpMs);
  const results = rows.map(report);
  if (!results.includes(false)) return;
  console.error(`slower than ${ratioMin} times the fastest peer somewhere`);
  process.exitCode = 1;
}

interface Row {
  readonly title: string;
  readonly runs: Readonly<Record<string, Run>> & { readonly ours: Run };
}

function listRows(): Row[] {
  return Object.entries(drafts).flatMap(([name, draft]) => {
    const payload = encode(draft);
    const parsing = Object.entries(parsers).map(([peerName, run]) => [peerName, () => run(payload)] as const);
    const writing = Object.entries(writers[name] ?? {});
    return [
      { title: `parse ${name}`, runs: { ours: () => parse(payload), ...able(parsing) } },
      { title: `encode ${name}`, runs: { ours: () => encode(draft), ...able(writing) } },
    ];
  });
}

/** The peers that can do the work at all. */
function able(runs: readonly (readonly [string, Run])[]): Record<string, Run> {
  const chosen = runs.filter(([, run]) => {
    try {
      return run() !== undefined;
    } catch {
      return false;
    }
  });
  return Object.fromEntries(chosen);
}

function report({ title, runs: { ours, ...peers } }: Row): boolean {
  const results = Object.entries(peers).map(([name, run]) => ({ name, ...compare(ours, run) }));
  results.sort((one, other) => one.ratio - other.ratio);
  const [fastest] = results;
  if (!fastest) return false;
  const listed = results.map(({ name, rate }) => `${name} ${Math.round(rate / 1000)}k/s`).join('  ');
  console.log(`${title.padEnd(18)} ours ${Math.round(fastest.ourRate / 1000)}k/s  ${listed}`);
  console.log(`RATIO ${title} ${fastest.ratio.toFixed(2)} to ${fastest.name}`);
  return fastest.ratio >= ratioMin;
}

interface Comparison {
  readonly ourRate: number;
  readonly rate: number;
  readonly ratio: number;
}

/** We and one peer in turns, whoever went second before going first: medians. */
function compare(ours: Run, other: Run): Comparison {
  rateOf(ours, warmUpMs);
  rateOf(other, warmUpMs);
  const samples = Array.from({ length: rounds }, (_, round) => {
    const isFirst = round % 2 === 0;
    const before = isFirst ? rateOf(ours, roundMs) : 0;
    const rate = rateOf(other, roundMs);
    const ourRate = isFirst ? before : rateOf(ours, roundMs);
    return { ourRate, rate, ratio: ourRate / rate };
  });
  const median = (name: keyof Comparison): number =>
    samples.map((sample) => sample[name]).sort((a, b) => a - b)[rounds >> 1] ?? 0;
  return { ourRate: median('ourRate'), rate: median('rate'), ratio: median('ratio') };
}

/** Runs a second of processor time: other people's load does not count. */
function rateOf(run: Run, forMs: number): number {
  const start = processorMs();
  let count = 0;
  let elapsed = 0;
  do {
    for (let batch = 0; batch < 250; batch++) run();
    count += 250;
    elapsed = processorMs() - start;
  } while (elapsed < forMs);
  return (count / elapsed) * 1000;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

main();
