import ts from 'typescript';
import { isPure } from './module-files.ts';
import {
  type Finding,
  isTest,
  isTypeScript,
  lineOf,
  type Rule,
  type TidyFile,
  type Tree,
  walk,
} from './tree.ts';

export const pureCores: Rule = {
  name: 'pure-cores',
  says: 'a core has no I/O, clock, randomness or environment: time, ids and keys are arguments',
  check: (tree) =>
    tree.files
      .filter((file) => isPure(file.path))
      .flatMap((file) => [...impureImports(tree, file), ...impureUses(tree, file)]),
};

export const environment: Rule = {
  name: 'environment',
  says: 'process.env is read by config.ts, launchers, benches and tests, and nowhere else',
  check: (tree) =>
    tree.files
      .filter((file) => isTypeScript(file) && !isTest(file) && !mayReadEnvironment.test(file.path))
      .flatMap((file) => [
        ...uses(tree, file, (text, node) => text === 'process.env' && !isHandedOn(node)),
        ...importsOf(tree, file).filter(({ message }) => /^(?:node:)?process$/.test(message)),
      ]),
};

const mayReadEnvironment = new RegExp(
  [
    '^switch/src/config\\.ts$',
    '^packages/(?:postgres|testing|cli)/src/',
    // Commands, and the one that starts the switch as a process of its own.
    '^packages/conformance/src/(?:start|demo|switch-process)\\.ts$',
  ].join('|'),
);

const ioPackages = new Set([
  ...['pg', 'express', 'helmet', 'undici', 'pino', 'prom-client', 'graphile-worker', 'node-pg-migrate'],
  '@barlink/postgres',
]);
const impureNames = new Set([
  ...['Date.now', 'Math.random', 'performance.now', 'crypto.getRandomValues', 'crypto.randomUUID'],
  ...[
    'fetch',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'console',
    'process',
    'XMLHttpRequest',
    'WebSocket',
  ],
]);

// What node:crypto computes from its arguments alone. Random bytes and new keys are given to a core.
const pureCrypto = new Set([
  ...['createHash', 'hash', 'createHmac', 'hkdfSync', 'timingSafeEqual', 'createSecretKey', 'KeyObject'],
  ...['createCipheriv', 'createDecipheriv'],
]);

function impureImports(tree: Tree, file: TidyFile): Finding[] {
  return importsOf(tree, file)
    .filter(({ message, names }) => {
      const isComputing =
        message === 'node:crypto' && names.length > 0 && names.every((name) => pureCrypto.has(name));
      return !isComputing && (ioPackages.has(message) || message.startsWith('node:'));
    })
    .map(({ path, line, message }) => ({ path, line, message: `a core imports ${message}` }));
}

function impureUses(tree: Tree, file: TidyFile): Finding[] {
  const source = tree.parse(file);
  const findings = uses(tree, file, (text) => impureNames.has(text.replace(/^globalThis\./, '')));
  walk(source, (node) => {
    const isClock =
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText() === 'Date' &&
      (node.arguments ?? []).length === 0;
    if (isClock) {
      findings.push({
        path: file.path,
        line: lineOf(source, node),
        message: 'a core reads the clock: new Date()',
      });
    }
  });
  return findings;
}

/** Property accesses and plain names in expressions; a property or a type of the same name is no use. */
function uses(tree: Tree, file: TidyFile, matches: (text: string, node: ts.Node) => boolean): Finding[] {
  const source = tree.parse(file);
  const findings: Finding[] = [];
  walk(source, (node) => {
    const text = usedName(node);
    if (text !== undefined && matches(text, node)) {
      findings.push({ path: file.path, line: lineOf(source, node), message: `uses ${text}` });
    }
  });
  return findings;
}

/** True where the whole environment goes to config.ts, which reads it. */
function isHandedOn(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression.getText() === 'readConfig';
}

function usedName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    return node.getText();
  }
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return `${node.expression.getText()}.${node.argumentExpression.text}`;
  }
  return ts.isIdentifier(node) && isReference(node) ? node.text : undefined;
}

function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  const named = 'name' in parent && parent.name === node;
  return !named && !ts.isTypeNode(parent) && !ts.isImportSpecifier(parent) && !ts.isExportSpecifier(parent);
}

interface Import extends Finding {
  readonly names: readonly string[];
}

/** What a file imports; the message is the specifier. */
function importsOf(tree: Tree, file: TidyFile): Import[] {
  const source = tree.parse(file);
  const imports: Import[] = [];
  walk(source, (node) => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) {
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
      const names =
        bindings !== undefined && ts.isNamedImports(bindings)
          ? bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text)
          : [];
      imports.push({ path: file.path, line: lineOf(source, node), message: specifier.text, names });
    }
  });
  return imports;
}
