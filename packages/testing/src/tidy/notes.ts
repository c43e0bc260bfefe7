import ts from 'typescript';
import { isTypeScript, type Rule, type TidyFile, type Tree } from './tree.ts';

export const todoWithIssue: Rule = {
  name: 'todo-with-issue',
  says: 'a TODO carries an issue number, TODO #12; there is no FIXME, XXX or HACK',
  check: (tree) =>
    tree.files
      .filter(({ path }) => /\.(?:[cm]?[jt]sx?|sql)$/.test(path))
      .flatMap((file) =>
        commentsOf(tree, file)
          .filter(({ text }) => isLoose.test(text))
          .map(({ line }) => ({ path: file.path, line, message: 'a note without an issue number' })),
      ),
};

export const machinePath: Rule = {
  name: 'machine-path',
  says: "no file names a folder of somebody's machine",
  check: (tree) =>
    tree.files.flatMap((file) =>
      file.text.split('\n').flatMap((text, index) => {
        const match = isMachinePath.exec(text);
        return match === null ? [] : [{ path: file.path, line: index + 1, message: `names ${match[0]}` }];
      }),
    ),
};

const isLoose = /\b(?:FIXME|XXX|HACK)\b|\bTODO\b(?!\s*\(?#\d)/;
// Written in pieces, so that this file does not find itself.
const isMachinePath = new RegExp(
  [
    '(?<![\\w.:/])/home',
    '/[a-z][\\w-]*/|(?<![\\w.:/])/Users',
    '/\\w|\\bC:\\\\+Users',
    '\\\\|/work',
    '/main\\b',
  ].join(''),
);

interface Comment {
  readonly line: number;
  readonly text: string;
}

function commentsOf(tree: Tree, file: TidyFile): readonly Comment[] {
  if (!isTypeScript(file)) {
    return file.text
      .split('\n')
      .map((text, index) => ({ line: index + 1, text: /(?:\/\/|--|\/?\*)(.*)$/.exec(text)?.[1] ?? '' }));
  }
  const source = tree.parse(file);
  const scanner = ts.createScanner(ts.ScriptTarget.ES2023, false, ts.LanguageVariant.Standard, file.text);
  const comments: Comment[] = [];
  const templates = templateSpans(source);
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const start = scanner.getTokenStart();
    const isComment =
      kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia;
    // The scanner alone does not know that it is inside a template: `${a}//` is no comment.
    if (isComment && !templates.some(([from, to]) => from <= start && start < to)) {
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      comments.push({ line, text: scanner.getTokenText() });
    }
  }
  return comments;
}

function templateSpans(source: ts.SourceFile): readonly (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) {
      spans.push([node.getStart(source), node.end]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return spans;
}
