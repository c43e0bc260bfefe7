import { posix } from 'node:path';
import ts from 'typescript';
import { listEntryPoints } from './manifests.ts';
import { type Finding, lineOf, type Rule, type TidyFile, type Tree } from './tree.ts';

export const documentedExports: Rule = {
  name: 'documented-exports',
  says: 'every name of an entry point has a doc comment where it is declared',
  check: (tree) =>
    listFaces(tree).flatMap((file) => [...undocumented(tree, file), ...undocumentedHere(tree, file)]),
};

/** What package.json exports, and the doors of the switch's modules. */
function listFaces(tree: Tree): readonly TidyFile[] {
  const manifests = tree.files.filter(({ path }) => /^packages\/[^/]+\/package\.json$/.test(path));
  const doors = tree.files.filter(({ path }) => /^switch\/src\/[^/]+\/index\.ts$/.test(path));
  return [...new Set([...manifests.flatMap((manifest) => listEntryPoints(tree, manifest)), ...doors])];
}

/** Names declared in the entry point itself. */
function undocumentedHere(tree: Tree, face: TidyFile): Finding[] {
  const source = tree.parse(face);
  return source.statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    const isFirst = !isNamedDeclaration(statement) || !isOverloaded(source, statement);
    return isExported && isFirst && !hasDoc(statement)
      ? [{ path: face.path, line: lineOf(source, statement), message: 'an export has no doc comment' }]
      : [];
  });
}

function isOverloaded(source: ts.SourceFile, declaration: NamedDeclaration): boolean {
  const name = declaration.name?.text;
  const same = source.statements.filter((each) => isNamedDeclaration(each) && each.name?.text === name);
  return same.some((each) => each !== declaration && hasDoc(each));
}

function undocumented(tree: Tree, face: TidyFile): Finding[] {
  const source = tree.parse(face);
  return source.statements.flatMap((statement) => {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    if (!ts.isExportDeclaration(statement) || clause === undefined || !ts.isNamedExports(clause)) {
      return [];
    }
    const specifier = textOf(statement.moduleSpecifier);
    return clause.elements.flatMap((element) => {
      const name = (element.propertyName ?? element.name).text;
      const declarations = findDeclarations(tree, { from: face, name, specifier });
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
