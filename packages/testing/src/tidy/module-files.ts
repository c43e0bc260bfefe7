/** Folders of switch/src that are no modules: what modules are plugged into. */
const edgeFolders = ['http', 'database'] as const;

/** A file inside a switch module: `module` is its folder, `name` what follows. */
export interface ModuleFile {
  readonly module: string;
  readonly name: string;
}

/** Tells which switch module a file belongs to, if any. */
export function moduleFileOf(path: string): ModuleFile | undefined {
  const match = /^switch\/src\/([^/]+)\/(.+)$/.exec(path);
  const [, module, name] = match ?? [];
  if (module === undefined || name === undefined || edgeFolders.some((edge) => edge === module)) {
    return undefined;
  }
  return { module, name };
}

/**
 * True for a file that must decide from its arguments alone: the core of a switch module, which is every file
 * whose last word is not one of the named kinds, and all of the packages that run in a browser.
 */
export function isPure(path: string): boolean {
  const place = moduleFileOf(path);
  if (place !== undefined) {
    return path.endsWith('.ts') && !/\b(?:store|service|handlers|errors|index)\.ts$/.test(place.name);
  }
  return /^packages\/(?:protocol|codes|tokens|messages)\/src\/.*\.ts$/.test(path);
}
