import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** One text file of the repository; `path` is relative to its root, with forward slashes. */
export interface TidyFile {
  readonly path: string;
  readonly text: string;
}

/** Something a rule does not accept. `line` counts from 1; 0 speaks of the whole file. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** The files a rule looks at, each TypeScript file parsed at most once. */
export interface Tree {
  readonly files: readonly TidyFile[];
  find(path: string): TidyFile | undefined;
  parse(file: TidyFile): ts.SourceFile;
}

/** A rule of the house: what it says, and how to find what breaks it. */
export interface Rule {
  readonly name: string;
  readonly says: string;
  check(tree: Tree): readonly Finding[];
}

/** Makes a tree of files that are already in memory. */
export function createTree(files: readonly TidyFile[]): Tree {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const parsed = new Map<string, ts.SourceFile>();
  return {
    files,
    find: (path) => byPath.get(path),
    parse(file) {
      const known = parsed.get(file.path);
      if (known !== undefined) {
        return known;
      }
      const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
      parsed.set(file.path, source);
      return source;
    },
  };
}

/** Reads every text file that git tracks or would track under `root`, without pictures and lock files. */
export function readTree(root: string): Tree {
  const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listing.split('\0'))].filter(
    (path) => isText.test(path) && !isGenerated.test(path),
  );
  return createTree(paths.sort().flatMap((path) => readFile(root, path)));
}

/** Where a node starts, as a line number that counts from 1. */
export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** Calls `visit` for every node below and including `node`. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** True for TypeScript, the language all our own code is written in. */
export function isTypeScript(file: TidyFile): boolean {
  return /\.m?tsx?$/.test(file.path);
}

/** True for files that only tests, benches and examples use. */
export function isTest(file: TidyFile): boolean {
  return /(?:^|\/)test\/|^bench\/|^examples\//.test(file.path);
}

const isText = /\.(?:[cm]?[jt]sx?|json|sql|md|ya?ml|html|css)$|(?:^|\/)(?:LICENSE|run)$/;
const isGenerated = /(?:^|\/)package-lock\.json$|^spec\/api\/openapi\.yaml$|^switch\/schema\.sql$/;

function readFile(root: string, path: string): TidyFile[] {
  try {
    return [{ path, text: readFileSync(join(root, path), 'utf8') }];
  } catch (error) {
    // A file deleted but not yet committed is still in git's list.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
