import ts from 'typescript';
import { type Finding, isTypeScript, lineOf, type Rule, walk } from './tree.ts';

export const noDefaultExport: Rule = forbid(
  'no-default-export',
  'a thing has one name, the same everywhere',
  (node) => {
    const isDefaultDeclaration =
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true;
    const isDefaultName = ts.isExportSpecifier(node) && node.name.text === 'default';
    return ts.isExportAssignment(node) || isDefaultDeclaration || isDefaultName
      ? 'a default export'
      : undefined;
  },
);

export const noExportStar: Rule = forbid('no-export-star', 'an index.ts names what it exports', (node) => {
  const isStar =
    ts.isExportDeclaration(node) &&
    (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause));
  return isStar ? 'export *' : undefined;
});

export const noEnum: Rule = forbid(
  'no-enum',
  'a union of strings reads the same in code, JSON and SQL',
  (node) => (ts.isEnumDeclaration(node) ? `enum ${node.name.text}` : undefined),
);

export const noAny: Rule = forbid('no-any', 'what is not known is unknown', (node) =>
  node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : undefined,
);

export const noBooleanParameter: Rule = forbid(
  'no-boolean-parameter',
  'a call says what it means: true and false at a call site do not',
  (node) => {
    if (!ts.isParameter(node) || !isExportedFunction(node.parent)) {
      return undefined;
    }
    return isBoolean(node) ? `boolean parameter ${node.name.getText()}` : undefined;
  },
);

function forbid(name: string, says: string, find: (node: ts.Node) => string | undefined): Rule {
  return {
    name,
    says,
    check: (tree) =>
      tree.files.filter(isTypeScript).flatMap((file) => {
        const source = tree.parse(file);
        const findings: Finding[] = [];
        walk(source, (node) => {
          const message = find(node);
          if (message !== undefined) {
            findings.push({ path: file.path, line: lineOf(source, node), message });
          }
        });
        return findings;
      }),
  };
}

/** An exported function, one in an exported constant, or a method of an exported class or interface. */
function isExportedFunction(node: ts.Node): boolean {
  if (ts.isFunctionDeclaration(node)) {
    return isExported(node);
  }
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
    const variable = node.parent;
    return ts.isVariableDeclaration(variable) && isExported(variable.parent.parent);
  }
  const isMember =
    ts.isMethodDeclaration(node) || ts.isMethodSignature(node) || ts.isConstructorDeclaration(node);
  return isMember && isExported(node.parent) && !isPrivate(node);
}

function isExported(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.ExportKeyword);
}

function isPrivate(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.PrivateKeyword);
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) === true
  );
}

function isBoolean(parameter: ts.ParameterDeclaration): boolean {
  const { type, initializer } = parameter;
  const types = type === undefined ? [] : ts.isUnionTypeNode(type) ? type.types : [type];
  const isBooleanType = types.some(
    (part) => part.kind === ts.SyntaxKind.BooleanKeyword || /^(?:true|false)$/.test(part.getText()),
  );
  return isBooleanType || /^(?:true|false)$/.test(initializer?.getText() ?? '');
}
