/** One file with one import, and the rules that it breaks. `target` is the file the import must lead to. */
export interface ImportCase {
  readonly file: string;
  readonly imports: string;
  readonly target?: string;
  readonly isType?: true;
  readonly breaks: readonly string[];
}

const entry = (name: string): string => `packages/${name}/src/index.ts`;
let count = 0;
const numbered = (path: string): string => path.replace('#', `case${++count}`);

/** A package that imports another one by its name. */
function packageCase(from: string, to: string, breaks: readonly string[]): ImportCase {
  return {
    file: numbered(`packages/${from}/src/#.ts`),
    imports: `@barlink/${to}`,
    target: entry(to),
    breaks,
  };
}

/** A file of a switch module that imports another file of the switch. */
function switchCase(file: string, target: string, breaks: readonly string[]): ImportCase {
  const up = '../'.repeat(file.split('/').length - 1) || './';
  return {
    file: numbered(`switch/src/${file}`),
    imports: `${up}${target}`,
    target: `switch/src/${target}`,
    breaks,
  };
}

const forbiddenPackages: readonly (readonly [string, string])[] = [
  ['protocol', 'codes'],
  ['codes', 'protocol'],
  ['postgres', 'ledger'],
  ['signing', 'tokens'],
  ['tokens', 'codes'],
  ['ledger', 'signing'],
  ['messages', 'ledger'],
  ['print', 'protocol'],
  ['sdk', 'ledger'],
  ['conformance', 'cli'],
  ['testing', 'sdk'],
];

const packages: readonly ImportCase[] = [
  ...forbiddenPackages.map(([from, to]) => packageCase(from, to, [`package-${from}`])),
  // cli may import every package of ours, so it is the switch that it may not reach.
  {
    file: 'packages/cli/src/start.ts',
    imports: '../../../switch/src/main.ts',
    target: 'switch/src/main.ts',
    breaks: ['package-cli'],
  },
  packageCase('signing', 'codes', []),
  packageCase('ledger', 'postgres', []),
  packageCase('sdk', 'tokens', []),
  packageCase('cli', 'conformance', []),
  packageCase('newcomer', 'protocol', ['package-is-in-the-table']),
  packageCase('sdk', 'testing', ['package-sdk', 'testing-is-for-tests']),
  {
    file: 'packages/sdk/src/behind.ts',
    imports: '../../codes/src/inner.ts',
    target: 'packages/codes/src/inner.ts',
    breaks: ['package-entered-by-its-index'],
  },
  {
    file: 'bench/behind.ts',
    imports: '../packages/codes/src/inner.ts',
    target: 'packages/codes/src/inner.ts',
    breaks: ['package-entered-by-its-index-from-outside'],
  },
  {
    file: 'packages/sdk/src/built.ts',
    imports: '../../codes/dist/inner.js',
    target: 'packages/codes/dist/inner.js',
    breaks: ['dist-is-not-entered', 'package-entered-by-its-index'],
  },
  {
    file: 'packages/sdk/src/tested.ts',
    imports: '../test/fixture.ts',
    target: 'packages/sdk/test/fixture.ts',
    breaks: ['source-never-imports-tests'],
  },
  {
    file: 'packages/sdk/test/some.test.ts',
    imports: '@barlink/testing',
    target: entry('testing'),
    breaks: [],
  },
  {
    file: 'examples/pay/main.ts',
    imports: '../../switch/src/main.ts',
    target: 'switch/src/main.ts',
    breaks: ['examples-use-published-packages'],
  },
  { file: 'examples/pay/good.ts', imports: '@barlink/sdk', target: entry('sdk'), breaks: [] },
  { file: 'packages/codes/src/files.ts', imports: 'node:fs', breaks: ['pure-packages-need-nothing'] },
  { file: 'packages/protocol/src/schema.ts', imports: 'zod', breaks: ['pure-packages-need-nothing'] },
  { file: 'packages/tokens/src/random.ts', imports: 'node:crypto', breaks: ['device-side-needs-no-node'] },
  { file: 'packages/sdk/src/rows.ts', imports: 'pg', breaks: ['pg-in-few-packages'] },
  { file: 'packages/ledger/src/rows.ts', imports: 'pg', breaks: [] },
  {
    file: 'packages/cli/src/audit/borrowed.ts',
    imports: '@barlink/signing',
    target: entry('signing'),
    breaks: ['verifier-shares-nothing'],
  },
  { file: 'packages/cli/src/audit/reading.ts', imports: 'node:fs', breaks: ['verifier-shares-nothing'] },
  { file: 'packages/cli/src/audit/hashing.ts', imports: 'node:crypto', breaks: [] },
  { file: 'packages/sdk/src/gone.ts', imports: './nowhere.ts', breaks: ['resolvable'] },
  { file: 'packages/sdk/src/egg.ts', imports: './hen.ts', breaks: ['no-cycles'] },
  // A cycle is reported once, at its first file.
  { file: 'packages/sdk/src/hen.ts', imports: './egg.ts', breaks: [] },
  { file: 'packages/sdk/src/chick.ts', imports: './nest.ts', breaks: [] },
  { file: 'packages/sdk/src/nest.ts', imports: './chick.ts', isType: true, breaks: [] },
];

const forbiddenModules: readonly (readonly [string, string])[] = [
  ['payments', 'disputes'],
  ['settlement', 'payments'],
  ['clearing', 'settlement'],
  ['risk', 'payments'],
  ['disputes', 'payments'],
  ['reporting', 'clearing'],
  ['routing', 'payments'],
  ['tokens', 'routing'],
  ['directory', 'tokens'],
  ['codes', 'tokens'],
  ['evidence', 'payments'],
  ['participants', 'payments'],
  ['audit', 'participants'],
  ['notifications', 'participants'],
];

const ledgerImport = { imports: '@barlink/ledger', target: entry('ledger') };

const modules: readonly ImportCase[] = [
  ...forbiddenModules.map(([from, to]) =>
    switchCase(`${from}/#-service.ts`, `${to}/index.ts`, [`module-${from}`]),
  ),
  switchCase('payments/#-service.ts', 'routing/index.ts', []),
  switchCase('tokens/#-service.ts', 'audit/index.ts', []),
  switchCase('newcomer/#-service.ts', 'audit/index.ts', ['module-is-in-the-table']),
  switchCase('payments/#-service.ts', 'tokens/store.ts', ['module-entered-by-its-index']),
  switchCase('main.ts', 'tokens/store.ts', ['module-entered-by-its-index-from-the-top']),
  switchCase('http/#.ts', 'payments/index.ts', ['edges-know-no-business']),
  switchCase('http/#.ts', 'participants/index.ts', []),
  switchCase('http/problem.ts', 'tokens/index.ts', ['problem-knows-codes-by-type']),
  switchCase('database/#.ts', 'http/index.ts', ['database-knows-no-http']),
  switchCase('payments/#-service.ts', 'config.ts', ['module-payments', 'wiring-is-imported-by-nobody']),
  { file: 'switch/src/tokens/money-service.ts', ...ledgerImport, breaks: ['ledger-has-few-callers'] },
  { file: 'switch/src/payments/money-service.ts', ...ledgerImport, breaks: [] },
  {
    file: 'switch/src/payments/client-service.ts',
    imports: '@barlink/sdk',
    target: entry('sdk'),
    breaks: ['switch-packages'],
  },
];

const shapes: readonly ImportCase[] = [
  { file: 'switch/src/payments/web-service.ts', imports: 'express', breaks: ['express-at-the-edge'] },
  { file: 'switch/src/payments/handlers.ts', imports: 'express', breaks: [] },
  { file: 'switch/src/payments/rows-service.ts', imports: 'pg', breaks: ['pg-at-the-store'] },
  { file: 'switch/src/payments/store.ts', imports: 'pg', breaks: [] },
  { file: 'switch/src/payments/payment.ts', imports: 'node:fs', breaks: ['core-without-io'] },
  { file: 'switch/src/payments/refund.ts', imports: 'zod', breaks: ['core-without-io'] },
  { file: 'switch/src/payments/digest.ts', imports: 'node:crypto', breaks: [] },
  switchCase('payments/#.ts', 'payments/some-store.ts', ['core-knows-no-shell']),
  switchCase('payments/#.ts', 'database/index.ts', ['core-knows-no-shell']),
  switchCase('payments/#-store.ts', 'payments/some-service.ts', ['store-is-below-the-service']),
  switchCase('payments/#-service.ts', 'http/index.ts', ['service-is-below-the-handlers']),
  switchCase('payments/#-handlers.ts', 'payments/some-store.ts', ['handlers-go-through-the-service']),
  switchCase('payments/#-handlers.ts', 'http/index.ts', []),
];

/** Every import rule broken at least once, and what lies just inside the border. */
export const cases: readonly ImportCase[] = [...packages, ...modules, ...shapes];
