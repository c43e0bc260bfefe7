/** A small tree, and where a rule must find something in it: `path:line`. An empty list must be accepted. */
export interface TidyCase {
  readonly rule: string;
  readonly it: string;
  readonly files: Readonly<Record<string, string>>;
  readonly finds: readonly string[];
}

const file = 'packages/codes/src/a.ts';
const index = 'packages/codes/src/index.ts';
const core = 'switch/src/payments/payment.ts';
const lines = (count: number): string => 'let x;\n'.repeat(count);
const long = 'x'.repeat(110);
const union = "export type AErrorCode =\n  | 'QR_CRC_MISMATCH'\n  | 'QR_CRC_MISSING';\n";
const manifest = (changes: object = {}): string =>
  JSON.stringify({
    name: '@barlink/codes',
    version: '0.1.0',
    type: 'module',
    license: 'Apache-2.0',
    engines: { node: '>=20.19.0' },
    files: ['dist'],
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    ...changes,
  });
const manifestPath = 'packages/codes/package.json';

const sizes: readonly TidyCase[] = [
  { rule: 'file-size', it: 'refuses 401 lines', files: { [file]: lines(401) }, finds: [`${file}:0`] },
  { rule: 'file-size', it: 'accepts 400 lines', files: { [file]: lines(400) }, finds: [] },
  {
    rule: 'function-size',
    it: 'refuses a function of 71 lines, with its doc comment not counted',
    files: { [file]: `/** Doc. */\nfunction f() {\n${lines(69)}}\n` },
    finds: [`${file}:2`],
  },
  {
    rule: 'function-size',
    it: 'accepts 70 lines, and a describe() of any size',
    files: { [file]: `function f() {\n${lines(68)}}\ndescribe('x', () => {\n${lines(90)}});\n` },
    finds: [],
  },
  {
    rule: 'function-size',
    it: 'measures a named function inside a factory by itself, and a callback with what calls it',
    files: {
      [file]: `function create() {\nfunction a() {\n${lines(60)}}\nreturn { b() {\n${lines(60)}} };\n}\n`,
      [index]: `function f() {\nlist.map(() => {\n${lines(69)}});\n}\n`,
    },
    finds: [`${index}:1`, `${index}:2`],
  },
  {
    rule: 'function-size',
    it: 'measures arrow functions, methods and tests',
    files: { [file]: `const f = () => {\n${lines(69)}};\nit('x', () => {\n${lines(69)}});\n` },
    finds: [`${file}:1`, `${file}:72`],
  },
  {
    rule: 'line-length',
    it: 'refuses 111 columns and accepts 110',
    files: { [file]: `${'x'.repeat(110)}\n${'x'.repeat(111)}\n` },
    finds: [`${file}:2`],
  },
  {
    rule: 'line-length',
    it: 'accepts a long string or test name on its own line, and refuses it inside code',
    files: {
      [file]: `it('${long}', () => {\n  a: '${long}',\nf(g('${long}'), 1 + 1);\n`,
    },
    finds: [`${file}:3`],
  },
];

const language: readonly TidyCase[] = [
  {
    rule: 'no-default-export',
    it: 'refuses each way to write one',
    files: {
      [file]: 'export default 1;\n',
      [index]: 'export default function f() {}\nexport { a as default };\n',
    },
    finds: [`${file}:1`, `${index}:1`, `${index}:2`],
  },
  {
    rule: 'no-export-star',
    it: 'refuses export * with and without a name',
    files: { [file]: "export * from './b.ts';\nexport * as b from './b.ts';\nexport { c } from './c.ts';\n" },
    finds: [`${file}:1`, `${file}:2`],
  },
  { rule: 'no-enum', it: 'refuses an enum', files: { [file]: 'enum A { B }\n' }, finds: [`${file}:1`] },
  {
    rule: 'no-any',
    it: 'refuses the type and accepts the word',
    files: { [file]: 'let a: any;\nlet b: readonly any[];\nconst any = 1; // any\n' },
    finds: [`${file}:1`, `${file}:2`],
  },
  {
    rule: 'no-boolean-parameter',
    it: 'refuses one in an exported function, constant, class or interface',
    files: {
      [file]: [
        'export function f(a: boolean) {}',
        'export const g = (a: string, b = false) => a;',
        'export class C { m(a?: boolean | undefined) {} private n(a: boolean) {} }',
        'export interface I { m(a: true | string): void }',
        'function inner(a: boolean) {}',
        'export function h(options: { a: boolean }) {}',
      ].join('\n'),
    },
    finds: [`${file}:1`, `${file}:2`, `${file}:3`, `${file}:4`],
  },
];

const naming: readonly TidyCase[] = [
  {
    rule: 'kebab-case',
    it: 'refuses capitals and underscores in files and folders',
    files: {
      'packages/codes/src/EmvCode.ts': '',
      'packages/codes/src/my_folder/a.ts': '',
      'switch/a/0001-b.sql': '',
    },
    finds: ['packages/codes/src/EmvCode.ts:0', 'packages/codes/src/my_folder/a.ts:0'],
  },
  {
    rule: 'homeless-names',
    it: 'refuses a folder or file without a meaning',
    files: {
      'packages/codes/src/utils/a.ts': '',
      'switch/src/payments/helpers.ts': '',
      'a/common-rows.ts': '',
    },
    finds: ['packages/codes/src/utils/a.ts:0', 'switch/src/payments/helpers.ts:0'],
  },
  {
    rule: 'module-shape',
    it: 'refuses another kind of file, a folder inside, and a module without a door',
    files: {
      'switch/src/payments/index.ts': '',
      'switch/src/payments/payment-repository.ts': '',
      'switch/src/payments/rules/limits.ts': '',
      'switch/src/risk/rule.ts': '',
      'switch/src/http/anything/at-all.ts': '',
    },
    finds: [
      'switch/src/payments/payment-repository.ts:0',
      'switch/src/payments/rules/limits.ts:0',
      'switch/src/risk:0',
    ],
  },
];

const purity: readonly TidyCase[] = [
  {
    rule: 'pure-cores',
    it: 'refuses clock, randomness, environment, timers and output in a core',
    files: {
      [core]: [
        'const a = Date.now();',
        'const b = new Date();',
        'const c = Math.random();',
        'const d = process.env.HOME;',
        'const e = crypto.randomUUID();',
        'setTimeout(() => console.log(e), 1);',
        "const f = globalThis['fetch'];",
      ].join('\n'),
    },
    finds: [1, 3, 4, 5, 6, 6, 7, 2].map((line) => `${core}:${line}`),
  },
  {
    rule: 'pure-cores',
    it: 'refuses modules of Node and libraries that read, write or wait',
    files: {
      [core]: "import fs from 'node:fs';\nimport type { Pool } from 'pg';\nawait import('undici');\n",
    },
    finds: [`${core}:1`, `${core}:2`, `${core}:3`],
  },
  {
    rule: 'pure-cores',
    it: 'accepts what node:crypto computes, and refuses what it makes up',
    files: {
      [core]:
        "import { createHmac } from 'node:crypto';\nimport { createHash, randomBytes } from 'node:crypto';\n",
    },
    finds: [`${core}:2`],
  },
  {
    rule: 'pure-cores',
    it: 'accepts a given time, and does not look at a service, a store or http',
    files: {
      [core]:
        'export const at = (now: Date) => new Date(now.getTime() + 1);\ntype T = { fetch: () => void };\n',
      'switch/src/payments/service.ts': 'Date.now();\n',
      'switch/src/payments/refund-store.ts': 'Date.now();\n',
      'switch/src/http/clock.ts': 'Date.now();\n',
    },
    finds: [],
  },
  {
    rule: 'pure-cores',
    it: 'looks at the packages that run in a browser',
    files: { [file]: 'const now = new Date;\n' },
    finds: [`${file}:1`],
  },
  {
    rule: 'environment',
    it: 'refuses process.env anywhere but in config.ts, launchers and tests',
    files: {
      'switch/src/config.ts': 'process.env.PORT;\n',
      'packages/postgres/src/a.ts': 'process.env.PGDATA;\n',
      'switch/src/main.ts': "process.env.PORT;\nprocess['env'];\nimport { env } from 'node:process';\n",
      'switch/src/compose.ts': 'readConfig(process.env);\nreadConfig(process.env.PORT);\n',
      'switch/test/a.test.ts': 'process.env.PORT;\n',
    },
    finds: [
      'switch/src/main.ts:1',
      'switch/src/main.ts:2',
      'switch/src/main.ts:3',
      'switch/src/compose.ts:2',
    ],
  },
];

const faces: readonly TidyCase[] = [
  {
    rule: 'documented-exports',
    it: 'refuses a name without a doc comment where it is declared, also through another file',
    files: {
      [manifestPath]: manifest(),
      [index]: "export { f, type T, g } from './a.ts';\nexport { h } from './b.ts';\n",
      [file]:
        '/** Doc. */\nexport function f() {}\nexport type T = 1;\n// Not a doc comment.\nexport const g = 1;\n',
      'packages/codes/src/b.ts': "export { i as h } from './c.ts';\n",
      'packages/codes/src/c.ts': 'export interface i {}\n',
    },
    finds: [`${index}:1`, `${index}:1`, `${index}:2`],
  },
  {
    rule: 'documented-exports',
    it: 'accepts a documented overload, and a name of another package',
    files: {
      [manifestPath]: manifest(),
      [index]: "export { f } from './a.ts';\nexport { Money } from '@barlink/protocol';\n",
      [file]:
        '/** Doc. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;\nexport function f() {}\n',
    },
    finds: [],
  },
  {
    rule: 'documented-exports',
    it: 'looks at the other entry points of a package, with a star too, and at the doors of the switch',
    files: {
      [manifestPath]: manifest({ exports: { '.': './dist/index.js', './x/*': './dist/x/*.js' } }),
      'packages/codes/src/x/a.ts': '/** Doc. */\nexport const a = 1;\nexport function b() {}\n',
      'packages/codes/src/y/a.ts': 'export const a = 1;\n',
      'switch/src/payments/index.ts': "export { p } from './payment.ts';\n",
      [core]: 'export const p = 1;\n',
    },
    finds: ['packages/codes/src/x/a.ts:3', 'switch/src/payments/index.ts:1'],
  },
  {
    rule: 'package-manifest',
    it: 'refuses another name, a missing target and a stale version of a sibling',
    files: {
      [index]: '',
      [manifestPath]: manifest({ name: 'codes', dependencies: { '@barlink/protocol': '0.0.9' } }),
      'packages/protocol/package.json': manifest({ name: '@barlink/protocol' }),
    },
    finds: [
      ...[manifestPath, manifestPath].map((path) => `${path}:0`),
      ...['packages/protocol/package.json:0', 'packages/protocol/package.json:0'],
    ],
  },
  {
    rule: 'package-manifest',
    it: 'accepts a whole one',
    files: { [index]: '', [manifestPath]: manifest() },
    finds: [],
  },
  {
    rule: 'project-references',
    it: 'refuses a dependency that the build does not know',
    files: {
      [manifestPath]: manifest({
        dependencies: { '@barlink/protocol': '0.1.0', '@barlink/ledger': '0.1.0' },
      }),
      'packages/codes/tsconfig.json': JSON.stringify({ references: [{ path: '../protocol' }] }),
    },
    finds: ['packages/codes/tsconfig.json:0'],
  },
];

const codes: readonly TidyCase[] = [
  {
    rule: 'error-code-form',
    it: 'refuses a single word, and small letters',
    files: {
      [file]: "export type AErrorCode = 'QR_CRC_MISMATCH' | 'MISMATCH' | 'TOKEN_EXPIRED' | 'qr_crc_bad';\n",
    },
    finds: [`${file}:1`, `${file}:1`],
  },
  {
    rule: 'thrown-code-is-published',
    it: 'refuses a code that no union names',
    files: {
      [file]: `${union}new AError('QR_CRC_MISMATCH');\nnew AError('QR_CRC_BAD');\nnew Error('A message');\n`,
    },
    finds: [`${file}:5`],
  },
  {
    rule: 'error-code-in-spec',
    it: 'refuses a code without a row, and a row without a code',
    files: { [file]: union, 'spec/errors.md': '| `QR_CRC_MISMATCH` | x |\n| `QR_CRC_GONE` | x |\n' },
    finds: [`${file}:3`, 'spec/errors.md:2'],
  },
  {
    rule: 'error-code-in-spec',
    it: 'refuses a missing chapter',
    files: { [file]: union },
    finds: ['spec/errors.md:0'],
  },
  {
    rule: 'error-code-in-test',
    it: 'refuses a code that no test and no vector provokes',
    files: { [file]: union, 'packages/codes/test/a.test.ts': "code: 'QR_CRC_MISMATCH'" },
    finds: [`${file}:3`],
  },
];

const notes: readonly TidyCase[] = [
  {
    rule: 'todo-with-issue',
    it: 'refuses a note without a number, in comments only',
    files: {
      [file]:
        "// TODO later\n// TODO #12: later\n/* FIXME */\nconst a = 'TODO';\nconst b = `$" + '{a}//TODO`;\n',
      'switch/migrations/0001-a.sql': '-- TODO later\n',
    },
    finds: [`${file}:1`, `${file}:3`, 'switch/migrations/0001-a.sql:1'],
  },
  {
    rule: 'order-by-text',
    it: 'refuses the bare name of a column that is given back as text, and accepts any other',
    files: {
      [file]: [
        'const a = `select n::text, b from t where n > 1\n sort by b, n desc limit 3`;',
        'const b = `select n::text from t sort by t.n`;',
        'const c = `select n::text as shown, m::text from t sort by n`;',
        "const d = `select string_agg(n::text, ',' sort by n) from t`;",
        "const e = 'select n::text from t group by n sort by n';",
      ]
        .join('\n')
        .replaceAll('sort by', 'order by'),
      'switch/migrations/0001-a.sql': 'select 1;\nselect n::text from t\n  sort by n;\n'.replace(
        'sort by',
        'order by',
      ),
    },
    finds: [`${file}:1`, `${file}:6`, 'switch/migrations/0001-a.sql:1'],
  },
  {
    rule: 'machine-path',
    it: 'refuses a home folder and accepts a path in a URL',
    files: { 'README.md': ['cd ', '/home', '/somebody/barlink\n', 'https://a.example/home/b/\n'].join('') },
    finds: ['README.md:1'],
  },
];

/** At least one case that fails for every rule, and one that must not where the border is fine. */
export const cases: readonly TidyCase[] = [
  ...sizes,
  ...language,
  ...naming,
  ...purity,
  ...faces,
  ...codes,
  ...notes,
];
