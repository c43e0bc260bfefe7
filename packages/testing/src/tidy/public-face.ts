import { posix } from 'node:path';
import ts from 'typescript';
import { type Finding, lineOf, type Rule, type TidyFile, type Tree } from './tree.ts';

export const documentedExports: Rule = {
  name: 'documented-exports',
  says: 'every name in an index.ts has a doc comment where it is declared',
  check: (tree) => tree.files.filter(isFace).flatMap((file) => undocumented(tree, file)),
};

const isFace = ({ path }: TidyFile): boolean =>
  /^packages\/[^/]+\/src\/index(?:\.portable)?\.ts$|^switch\/src\/[^/]+\/index\.ts$/.test(path);

function undocumented(tree: Tree, face: TidyFile): Finding[] {
  const source = tree.parse(face);
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) {
      return [];
    }
    if (!ts.isNamedExports(statement.exportClause)) {
      return [];
    }
    const from = statement.moduleSpecifier;
    return statement.exportClause.elements.flatMap((element) => {
      const name = (element.propertyName ?? element.name).text;
      const declarations = findDeclarations(tree, { from: face, name, specifier: textOf(from) });
      // A name that comes from another package is documented there.
      const isOurs = declarations !== undefined;
      return isOurs && !declarations.some(hasDoc)
        ? [{ path: face.path, line: lineOf(source, element), message: `${name} has no doc comment` }]
        : [];
    });
  });
}

interface Wanted {
  readonly from: TidyFile;
  readonly name: string;
  readonly specifier: string | undefined;
}

/** The declarations of an exported name, through re-exports; undefined when it comes from another package. */
function findDeclarations(tree: Tree, { from, name, specifier }: Wanted): readonly ts.Node[] | undefined {
  if (specifier !== undefined && !specifier.startsWith('.')) {
    return undefined;
  }
  const file = specifier === undefined ? from : tree.find(posix.join(posix.dirname(from.path), specifier));
  if (file === undefined) {
    return [];
  }
  const found: ts.Node[] = [];
  for (const statement of tree.parse(file).statements) {
    if (ts.isVariableStatement(statement)) {
      const names = statement.declarationList.declarations.map((declaration) => declaration.name.getText());
      found.push(...(names.includes(name) ? [statement] : []));
    } else if (isNamedDeclaration(statement) && statement.name?.text === name) {
      found.push(statement);
    } else {
      const passedOn = reExported(statement, name);
      const next = passedOn && findDeclarations(tree, { from: file, ...passedOn });
      if (passedOn !== undefined && next === undefined) {
        return undefined;
      }
      found.push(...(next ?? []));
    }
  }
  return found;
}

/** Where a name goes on to when a file only passes it through: `export { x } from`, or an import. */
function reExported(statement: ts.Statement, name: string): Omit<Wanted, 'from'> | undefined {
  const clause = ts.isExportDeclaration(statement)
    ? statement.exportClause
    : ts.isImportDeclaration(statement)
      ? statement.importClause?.namedBindings
      : undefined;
  if (clause === undefined || !(ts.isNamedExports(clause) || ts.isNamedImports(clause))) {
    return undefined;
  }
  const element = clause.elements.find((candidate) => candidate.name.text === name);
  const hasSource = ts.isExportDeclaration(statement) || ts.isImportDeclaration(statement);
  const specifier = hasSource ? textOf(statement.moduleSpecifier) : undefined;
  if (element === undefined || specifier === undefined) {
    return undefined;
  }
  return { name: (element.propertyName ?? element.name).text, specifier };
}

type NamedDeclaration =
  | ts.FunctionDeclaration
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration;

function isNamedDeclaration(node: ts.Node): node is NamedDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

function hasDoc(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).length > 0;
}

function textOf(node: ts.Expression | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;
}
