import type { Finding, Rule, TidyFile, Tree } from './tree.ts';

export const packageManifest: Rule = {
  name: 'package-manifest',
  says: 'a package.json is named after its folder, and its exports lead to files that exist',
  check: (tree) =>
    tree.files.flatMap((file) => {
      const folder = /^packages\/([^/]+)\/package\.json$/.exec(file.path)?.[1];
      return folder === undefined ? [] : checkManifest(tree, file, folder);
    }),
};

export const projectReferences: Rule = {
  name: 'project-references',
  says: 'a tsconfig.json refers to the packages of ours that its package.json depends on',
  check: (tree) =>
    tree.files.flatMap((file) => {
      const folder = /^(packages\/[^/]+|switch)\/package\.json$/.exec(file.path)?.[1];
      const config = folder === undefined ? undefined : tree.find(`${folder}/tsconfig.json`);
      if (config === undefined) {
        return [];
      }
      const manifest: Manifest = JSON.parse(file.text);
      const { references = [] }: { references?: { path: string }[] } = JSON.parse(config.text);
      const referred = new Set(references.map(({ path }) => path.split('/').at(-1)));
      return ours(manifest.dependencies)
        .filter(([name]) => !referred.has(name))
        .map(([name]) => ({ path: config.path, line: 0, message: `has no reference to ${name}` }));
    }),
};

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly license?: string;
  readonly files?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function checkManifest(tree: Tree, file: TidyFile, folder: string): Finding[] {
  const manifest: Manifest = JSON.parse(file.text);
  const entries = manifest.exports ?? {};
  const expectations: readonly (readonly [boolean, string])[] = [
    [manifest.name === `@barlink/${folder}`, `the name is not @barlink/${folder}`],
    [manifest.type === 'module', 'the type is not module'],
    [manifest.license === 'Apache-2.0', 'the license is not Apache-2.0'],
    [manifest.engines?.node === '>=20.19.0', 'engines.node is not >=20.19.0'],
    [manifest.files?.includes('dist') === true, 'dist is not in files'],
    ['.' in entries, 'exports has no entry point'],
    [entries['./package.json'] === './package.json', 'exports leaves out package.json'],
  ];
  const messages = expectations.filter(([holds]) => !holds).map(([, message]) => message);
  for (const target of targetsOf(entries)) {
    if (target !== './package.json' && !hasSource(tree, folder, target)) {
      messages.push(`exports leads to ${target}, which no file of src becomes`);
    }
  }
  for (const [name, version] of ours(manifest.dependencies)) {
    const sibling = tree.find(`packages/${name}/package.json`);
    const siblingVersion = sibling && (JSON.parse(sibling.text) as Manifest).version;
    if (siblingVersion !== version) {
      messages.push(`depends on ${name} ${version}, which is ${siblingVersion ?? 'not there'}`);
    }
  }
  return messages.map((message) => ({ path: file.path, line: 0, message }));
}

/** The sources of the entry points that a package.json exports. */
export function listEntryPoints(tree: Tree, manifest: TidyFile): readonly TidyFile[] {
  const folder = /^packages\/([^/]+)\//.exec(manifest.path)?.[1] ?? '';
  const { exports = {} }: Manifest = JSON.parse(manifest.text);
  const patterns = targetsOf(exports)
    .filter((target) => target.endsWith('.js'))
    .map((target) => sourceOf(folder, target));
  return tree.files.filter(({ path }) => patterns.some((pattern) => pattern.test(path)));
}

/** Matches the source that becomes an exported file; a star stands for one name, as in package.json. */
function sourceOf(folder: string, target: string): RegExp {
  const path = target
    .replace(/^\.\/dist\//, 'src/')
    .replace(/^\.\//, '')
    .replace(/(?:\.d\.ts|\.js)$/, '.ts');
  const pattern = `packages/${folder}/${path}`.replace(/[.+?()[\]{}|^$\\]/g, '\\$&').replaceAll('*', '[^/]+');
  return new RegExp(`^${pattern}$`);
}

function targetsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsOf) : [];
}

function hasSource(tree: Tree, folder: string, target: string): boolean {
  const pattern = sourceOf(folder, target);
  return tree.files.some(({ path }) => pattern.test(path));
}

function ours(dependencies: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  return Object.entries(dependencies)
    .filter(([name]) => name.startsWith('@barlink/'))
    .map(([name, version]) => [name.slice('@barlink/'.length), version] as const);
}
