import ts from 'typescript';
import { type Finding, isTypeScript, lineOf, type Rule, type TidyFile, walk } from './tree.ts';

/** Hard limits of the house style. */
const fileLinesMax = 400;
const functionLinesMax = 70;
const lineColumnsMax = 110;

export const fileSize: Rule = {
  name: 'file-size',
  says: `a file has at most ${fileLinesMax} lines`,
  check: (tree) =>
    tree.files.filter(isCode).flatMap((file) => {
      const lines = file.text.replace(/\n$/, '').split('\n').length;
      return lines > fileLinesMax ? [{ path: file.path, line: 0, message: `has ${lines} lines` }] : [];
    }),
};

export const lineLength: Rule = {
  name: 'line-length',
  says: `a line of code has at most ${lineColumnsMax} columns; one string that fills a line may be longer`,
  check: (tree) =>
    tree.files.filter(isCode).flatMap((file) =>
      file.text.split('\n').flatMap((text, index) => {
        const columns = [...text].length;
        return columns > lineColumnsMax && !isLink.test(text) && !isOneString.test(text)
          ? [{ path: file.path, line: index + 1, message: `has ${columns} columns` }]
          : [];
      }),
    ),
};

export const functionSize: Rule = {
  name: 'function-size',
  says: `a function has at most ${functionLinesMax} lines; named functions inside it count by themselves`,
  check: (tree) =>
    tree.files.filter(isTypeScript).flatMap((file) => {
      const source = tree.parse(file);
      const findings: Finding[] = [];
      walk(source, (node) => {
        const lines = isMeasured(node) ? linesOf(source, node) - linesInside(source, node) : 0;
        if (lines > functionLinesMax) {
          findings.push({
            path: file.path,
            line: lineOf(source, node),
            message: `a function of ${lines} lines`,
          });
        }
      });
      return findings;
    }),
};

// The name of a test, a message, a row of a table: breaking it would only hide it from a search.
const isOneString = new RegExp(
  [
    /^\s*(?:(?:it|describe)\(|[\w.]+: |return |\w+\()?/,
    /(['"`]).*\1/,
    /(?:, (?:async )?(?:\(\) => \{|function.*))?[,;)]*$/,
  ]
    .map(({ source }) => source)
    .join(''),
);
const isLink = /^\s*(?:\/\/|\*|--)?\s*\S*https?:\/\/\S+$/;

function isCode(file: TidyFile): boolean {
  return /\.(?:[cm]?[jt]sx?|sql)$/.test(file.path);
}

function isMeasured(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && !isGroup(node);
}

function linesOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(source, node);
}

/** Lines of the named functions inside: a factory returning an object of functions is a list of them. */
function linesInside(source: ts.SourceFile, outer: ts.Node): number {
  let lines = 0;
  const visit = (node: ts.Node): void => {
    if (isMeasured(node) && isNamed(node)) {
      lines += linesOf(source, node);
    } else {
      ts.forEachChild(node, visit);
    }
  };
  ts.forEachChild(outer, visit);
  return lines;
}

function isNamed(node: ts.Node): boolean {
  const isAssigned = ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent);
  return ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || isAssigned;
}

function isGroup(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^describe(?:\.\w+)?$/.test(call.expression.getText());
}
