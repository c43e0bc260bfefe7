// Who may import whom (CONTRIBUTING.md). Each table below is the whole truth for its part of the tree: what a
// row does not name, that part may not import. packages/testing/test/import-rules.test.ts proves that every
// rule here can fail.

const packageImports = {
  protocol: [],
  codes: [],
  postgres: ['protocol'],
  signing: ['protocol', 'codes'],
  tokens: ['signing', 'protocol'],
  ledger: ['protocol', 'postgres'],
  messages: ['protocol'],
  print: ['codes'],
  sdk: ['codes', 'signing', 'tokens', 'protocol'],
  conformance: ['protocol', 'codes', 'signing', 'tokens', 'ledger', 'messages', 'print', 'sdk', 'postgres'],
  cli: [
    'protocol',
    'codes',
    'signing',
    'tokens',
    'ledger',
    'messages',
    'print',
    'sdk',
    'postgres',
    'conformance',
  ],
  testing: ['protocol', 'postgres', 'codes', 'signing', 'tokens', 'ledger'],
};

const switchImports = ['protocol', 'codes', 'signing', 'tokens', 'ledger', 'messages', 'postgres'];

const moduleImports = {
  payments: ['routing', 'risk', 'tokens', 'codes', 'directory', 'participants'],
  settlement: ['clearing', 'participants'],
  clearing: ['participants'],
  risk: ['participants'],
  disputes: ['participants'],
  reporting: ['participants'],
  routing: ['tokens', 'directory', 'participants'],
  tokens: ['participants'],
  directory: ['participants'],
  codes: ['participants'],
  evidence: ['participants'],
  participants: [],
  audit: [],
  notifications: [],
};

/** Modules that every other module may import. */
const everywhere = ['audit', 'notifications'];
/** Folders of switch/src that are no modules: the edges which modules are plugged into. */
const edges = ['http', 'database'];
const ledgerModules = ['payments', 'settlement', 'clearing', 'risk', 'disputes', 'reporting'];

/** The last word of a file's name is its kind; a file of no named kind is a core. As in the tidy rules. */
const moduleFile = `^switch/src/(?!(?:${edges.join('|')})/)[^/]+/`;
const corePattern = `${moduleFile}(?![^/]*\\b(?:store|service|handlers|errors|index)\\.ts$)[^/]+\\.ts$`;
const kind = (names) => `${moduleFile}[^/]*\\b(?:${names})\\.ts$`;
/** The sources of what each package.json#exports leads to; tsconfig.deps.json maps the names to them. */
const packageDoor = [
  '^packages/[^/]+/src/index(?:\\.portable)?\\.ts$',
  '^packages/signing/src/(?:certificates|http-messages|keystore)/index\\.ts$',
  '^packages/codes/src/(?:emv/index|unified|schemes/[^/]+)\\.ts$',
];
const anyOf = (names) => `(?:${names.join('|')})`;
const npm = (names) => `(?:^|/)node_modules/(?:@types/)?${anyOf(names)}/`;
const npmTypes = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const error = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

const packageRules = Object.entries(packageImports).map(([name, allowed]) =>
  error(
    `package-${name}`,
    `packages/${name} may import of ours: ${allowed.join(', ') || 'nothing'}.`,
    { path: `^packages/${name}/src/` },
    { path: '^(?:packages|switch|examples|bench)/', pathNot: `^packages/${anyOf([name, ...allowed])}/` },
  ),
);

const moduleRules = Object.entries(moduleImports).map(([name, allowed]) => {
  const known = everywhere.includes(name) ? [name, ...edges] : [name, ...allowed, ...everywhere, ...edges];
  return error(
    `module-${name}`,
    `switch ${name} may import the modules: ${[...allowed, ...everywhere].join(', ')}.`,
    { path: `^switch/src/${name}/` },
    {
      path: '^switch/src/',
      pathNot: `^switch/src/${anyOf(known)}/`,
    },
  );
});

const packageEdges = [
  error(
    'package-is-in-the-table',
    'A package needs its row in packageImports before it imports anything of ours.',
    { path: '^packages/', pathNot: `^packages/${anyOf(Object.keys(packageImports))}/` },
    { path: '^(?:packages|switch|examples|bench)/[^/]+/' },
  ),
  error(
    'package-entered-by-its-index',
    'A package is what its index.ts names; another part may not reach behind it.',
    { path: '^packages/([^/]+)/' },
    { path: '^packages/(?!$1/)[^/]+/', pathNot: packageDoor },
  ),
  error(
    'package-entered-by-its-index-from-outside',
    'The switch, examples and benches enter a package by its index.ts.',
    { path: '^(?:switch|examples|bench)/' },
    { path: '^packages/', pathNot: packageDoor },
  ),
  error(
    'dist-is-not-entered',
    'Nobody reaches for what was built; an entry point below a package needs its row in tsconfig.deps.json.',
    {},
    { path: '^(?:packages/[^/]+|switch)/dist/' },
  ),
  error(
    'testing-is-for-tests',
    '@barlink/testing is private; only tests and benches import it.',
    { pathNot: '^(?:packages/[^/]+/test|switch/test|bench|packages/testing)/' },
    { path: '^packages/testing/' },
  ),
  error(
    'source-never-imports-tests',
    'Published code does not depend on tests.',
    { path: '^(?:packages/[^/]+|switch)/src/' },
    { path: '/test/' },
  ),
  error(
    'examples-use-published-packages',
    'An example is what a reader would copy: published entry points only.',
    { path: '^examples/' },
    { path: '^(?:packages/testing|switch|bench)/' },
  ),
  error(
    'pure-packages-need-nothing',
    'codes and protocol have no dependency at run time and run in a browser.',
    { path: '^packages/(?:codes|protocol)/src/' },
    { dependencyTypes: [...npmTypes, 'core'] },
  ),
  error(
    'device-side-needs-no-node',
    'tokens runs in browsers and in React Native: no module of Node.',
    { path: '^packages/tokens/src/' },
    { dependencyTypes: ['core'] },
  ),
];

const verifierEdges = [
  error(
    'verifier-shares-nothing',
    'What checks the log shares no code with what writes it: node:crypto and its own files only.',
    { path: '^packages/cli/src/audit/' },
    { pathNot: '^packages/cli/src/audit/|^(?:node:)?crypto$' },
  ),
];

const switchEdges = [
  error(
    'switch-packages',
    `The switch may import of ours: ${switchImports.join(', ')}; never sdk or cli.`,
    { path: '^switch/src/' },
    { path: '^(?:packages|examples|bench)/', pathNot: `^packages/${anyOf(switchImports)}/` },
  ),
  error(
    'module-is-in-the-table',
    'A switch module needs its row in moduleImports.',
    { path: moduleFile, pathNot: `^switch/src/${anyOf(Object.keys(moduleImports))}/` },
    { path: '.' },
  ),
  error(
    'module-entered-by-its-index',
    'A switch module is entered by its index.ts.',
    { path: '^switch/src/([^/]+)/' },
    { path: moduleFile, pathNot: '^switch/src/(?:$1/|[^/]+/index\\.ts$)' },
  ),
  error(
    'module-entered-by-its-index-from-the-top',
    'The wiring enters a module by its index.ts.',
    { path: '^switch/src/[^/]+\\.ts$' },
    { path: moduleFile, pathNot: '^switch/src/[^/]+/index\\.ts$' },
  ),
  error(
    'ledger-has-few-callers',
    'Only the modules that move or count money know the ledger; main.ts wires it.',
    { path: moduleFile, pathNot: `^switch/src/${anyOf(ledgerModules)}/` },
    { path: '^packages/ledger/' },
  ),
  error(
    'edges-know-no-business',
    'http and database may know who is connected and write the audit log; nothing else of the business.',
    { path: `^switch/src/${anyOf(edges)}/`, pathNot: '^switch/src/http/problem\\.ts$' },
    { path: moduleFile, pathNot: '^switch/src/(?:participants|audit)/' },
  ),
  error(
    'problem-knows-codes-by-type',
    'http/problem.ts lists the error codes of every module as types: a code without a row does not compile.',
    { path: '^switch/src/http/problem\\.ts$' },
    { path: moduleFile, dependencyTypesNot: ['type-only'] },
  ),
  error(
    'database-knows-no-http',
    'The database layer serves stores, not URLs.',
    { path: '^switch/src/database/' },
    { path: '^switch/src/(?:http/|routes\\.ts$)' },
  ),
  error(
    'wiring-is-imported-by-nobody',
    'main.ts and routes.ts are at the top; config.ts is read by them and passed on.',
    { path: '^switch/src/[^/]+/' },
    { path: '^switch/src/(?:main|routes|config)\\.ts$' },
  ),
];

const moduleShape = [
  error(
    'express-at-the-edge',
    'express is known to http/, routes.ts and handlers.ts.',
    {
      path: '^(?:switch|packages)/',
      pathNot: `^switch/(?:src/(?:http/|routes\\.ts$)|test/)|${kind('handlers')}`,
    },
    { path: npm(['express', 'express-serve-static-core', 'helmet']) },
  ),
  error(
    'pg-at-the-store',
    'In the switch, pg is known to database/ and store.ts.',
    { path: '^switch/src/', pathNot: `^switch/src/database/|${kind('store')}` },
    { path: npm(['pg', 'pg-pool', 'pg-protocol', 'pg-types', 'node-pg-migrate']) },
  ),
  error(
    'pg-in-few-packages',
    'Of the packages only postgres, ledger and testing speak to PostgreSQL.',
    { path: '^packages/', pathNot: '^packages/(?:postgres|ledger|testing)/|/test/' },
    { path: npm(['pg', 'pg-pool', 'pg-protocol', 'pg-types', 'node-pg-migrate']) },
  ),
  error(
    'core-without-io',
    'A core decides from what it is given: no module of Node and no library that reads, writes or waits.',
    { path: corePattern },
    // What node:crypto computes from its arguments is no I/O; the tidy rules look at the names.
    { dependencyTypes: ['core', ...npmTypes], pathNot: '^(?:node:)?crypto$' },
  ),
  error(
    'core-knows-no-shell',
    'A core does not know its store, service or handlers, nor http, database or configuration.',
    { path: corePattern },
    {
      path: `${kind('store|service|handlers')}|^switch/src/(?:${anyOf(edges)}/|[^/]+\\.ts$)|^packages/postgres/`,
    },
  ),
  error(
    'store-is-below-the-service',
    'A store knows its rows and its core, not the use cases above it.',
    { path: kind('store') },
    { path: `${kind('service|handlers')}|^switch/src/http/` },
  ),
  error(
    'service-is-below-the-handlers',
    'A service does not know HTTP.',
    { path: kind('service') },
    { path: `${kind('handlers')}|^switch/src/http/` },
  ),
  error(
    'handlers-go-through-the-service',
    'A handler parses, calls its service and renders; it does not reach for tables.',
    { path: kind('handlers') },
    { path: `${kind('store')}|^switch/src/database/` },
  ),
];

module.exports = {
  forbidden: [
    error(
      'no-cycles',
      'Two files that need each other at run time are one file, or three. A type may point back.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    // Vite turns `file?url` into the address of a file that it ships.
    error('resolvable', 'An import must lead somewhere.', {}, { couldNotResolve: true, pathNot: '\\?url$' }),
    ...packageRules,
    ...packageEdges,
    ...verifierEdges,
    ...switchEdges,
    ...moduleRules,
    ...moduleShape,
  ],
  options: {
    doNotFollow: { path: '(?:^|/)(?:node_modules|dist)/' },
    // Types count too: a type from a store in a core is a dependency of the core on the store.
    tsPreCompilationDeps: true,
    // tsconfig.deps.json maps @barlink/* to its source; without it, imports between packages end in dist.
    tsConfig: { fileName: 'tsconfig.deps.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
