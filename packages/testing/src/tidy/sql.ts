import ts from 'typescript';
import { isTypeScript, lineOf, type Rule, type TidyFile, type Tree, walk } from './tree.ts';

/**
 * In `select n::text from t order by n`, `n` is the text that is given back, so 10 comes before 9. `t.n` is
 * the number.
 */
export const orderByText: Rule = {
  name: 'order-by-text',
  says: 'what is given back as text is ordered by as table.column: the bare name is the text',
  check: (tree) =>
    tree.files.flatMap((file) =>
      listStatements(file, tree).flatMap(({ line, text }) =>
        [...text.matchAll(textColumn)]
          .filter(({ index, groups }) => isOrderedBy(text.slice(index), groups?.column))
          .map(({ groups }) => ({ path: file.path, line, message: `the text of ${groups?.column}` })),
      ),
    ),
};

const textColumn = /\b(?<column>[a-z_0-9]+)::(?:text|varchar)\b(?!\s+as\b)/g;

/** Whether the select whose list this is in orders by the column's bare name. */
function isOrderedBy(text: string, column: string | undefined): boolean {
  const orders = text.matchAll(/\bfrom\b.*?\border by (?<terms>[^;`')]*)/gs);
  return [...orders].some(({ groups }) =>
    groups?.terms
      ?.split(/,|\blimit\b|\boffset\b/)
      .some((term) => term.trim().replace(/\s+(?:asc|desc|nulls)\b.*$/s, '') === column),
  );
}

interface Statement {
  readonly line: number;
  readonly text: string;
}

/** Every string of a TypeScript file, SQL or not, and every statement of an SQL file. */
function listStatements(file: TidyFile, tree: Tree): readonly Statement[] {
  const found: Statement[] = [];
  if (isTypeScript(file)) {
    const source = tree.parse(file);
    walk(source, (node) => {
      if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
        found.push({ line: lineOf(source, node), text: node.getText(source) });
      }
    });
  } else if (file.path.endsWith('.sql')) {
    let line = 1;
    for (const text of file.text.split(';')) {
      found.push({ line, text });
      line += text.split('\n').length - 1;
    }
  }
  return found;
}
