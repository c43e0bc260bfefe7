import ts from 'typescript';
import { type Finding, isTest, isTypeScript, lineOf, type Rule, type Tree, walk } from './tree.ts';

export const errorCodeForm: Rule = {
  name: 'error-code-form',
  says: 'an error code reads AREA_THING_PROBLEM, or AREA_PROBLEM where the area is the thing',
  check: (tree) =>
    listErrorCodes(tree)
      .filter(({ code }) => !/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(code))
      .map(({ path, line, code }) => ({ path, line, message: `${code} is not AREA_THING_PROBLEM` })),
};

export const errorCodeInSpec: Rule = {
  name: 'error-code-in-spec',
  says: `every published error code has its row in spec/errors.md, and every row is a published code`,
  check: (tree) => {
    const spec = tree.find(errorsPath);
    const codes = listErrorCodes(tree);
    if (spec === undefined) {
      return codes.length === 0 ? [] : [{ path: errorsPath, line: 0, message: 'is missing' }];
    }
    const listed = new Set(wordsOf(spec.text));
    const known = new Set(codes.map(({ code }) => code));
    const missing = codes
      .filter(({ code }) => !listed.has(code))
      .map(({ path, line, code }) => ({ path, line, message: `${code} is not in ${errorsPath}` }));
    const unknown = spec.text.split('\n').flatMap((row, index) => {
      const code = /^\|\s*`([A-Z0-9_]+)`/.exec(row)?.[1];
      return code !== undefined && !known.has(code)
        ? [{ path: errorsPath, line: index + 1, message: `${code} is published by nobody` }]
        : [];
    });
    return [...missing, ...unknown];
  },
};

export const errorCodeInTest: Rule = {
  name: 'error-code-in-test',
  says: 'every published error code is provoked by a test or a vector',
  check: (tree) => {
    const tested = new Set(
      tree.files
        .filter(({ path }) => /(?:^|\/)test\/|^spec\/vectors\//.test(path))
        .flatMap(({ text }) => wordsOf(text)),
    );
    return listErrorCodes(tree)
      .filter(({ code }) => !tested.has(code))
      .map(({ path, line, code }) => ({ path, line, message: `${code} is provoked by no test` }));
  },
};

/** A code that callers may branch on, and where it is published. */
interface PublishedCode {
  readonly code: string;
  readonly path: string;
  readonly line: number;
}

/** The strings of every exported union whose name ends in ErrorCode. */
function listErrorCodes(tree: Tree): readonly PublishedCode[] {
  const codes: PublishedCode[] = [];
  for (const file of tree.files) {
    if (!isTypeScript(file) || isTest(file) || !/\/src\//.test(file.path)) {
      continue;
    }
    const source = tree.parse(file);
    for (const statement of source.statements) {
      if (ts.isTypeAliasDeclaration(statement) && /ErrorCode$/.test(statement.name.text)) {
        walk(statement.type, (node) => {
          if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) {
            codes.push({ code: node.literal.text, path: file.path, line: lineOf(source, node) });
          }
        });
      }
    }
  }
  return codes;
}

/** Every error code thrown by name must be one of the published ones; else nobody can look it up. */
export const thrownCodeIsPublished: Rule = {
  name: 'thrown-code-is-published',
  says: 'a code given to an error is in the ErrorCode union of its package or module',
  check: (tree) => {
    const published = new Set(listErrorCodes(tree).map(({ code }) => code));
    const findings: Finding[] = [];
    for (const file of tree.files.filter((each) => isTypeScript(each) && /\/src\//.test(each.path))) {
      const source = tree.parse(file);
      walk(source, (node) => {
        const first = ts.isNewExpression(node) ? node.arguments?.[0] : undefined;
        const isError = ts.isNewExpression(node) && /Error$/.test(node.expression.getText());
        if (!isError || first === undefined || !ts.isStringLiteral(first)) {
          return;
        }
        if (/^[A-Z0-9]+(?:_[A-Z0-9]+)+$/.test(first.text) && !published.has(first.text)) {
          findings.push({
            path: file.path,
            line: lineOf(source, node),
            message: `${first.text} is not published`,
          });
        }
      });
    }
    return findings;
  },
};

const errorsPath = 'spec/errors.md';

function wordsOf(text: string): readonly string[] {
  return text.match(/[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+/g) ?? [];
}
