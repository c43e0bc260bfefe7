import { moduleFileOf } from './module-files.ts';
import type { Finding, Rule } from './tree.ts';

export const kebabCase: Rule = {
  name: 'kebab-case',
  says: 'files of code and folders are kebab-case; a migration is 0001-what.sql',
  check: (tree) =>
    tree.files
      .filter((file) => /^(?:packages|switch|examples|bench|spec)\//.test(file.path))
      .flatMap((file) => {
        const parts = file.path.split('/');
        const name = parts.pop() ?? '';
        const badFolders = parts.filter((part) => !isKebab.test(part) && !isVectorPath.test(file.path));
        const badName = /\.(?:ts|tsx|sql)$/.test(name) && !isFileName.test(name);
        return [...badFolders, ...(badName ? [name] : [])].map((part) => ({
          path: file.path,
          line: 0,
          message: `${part} is not kebab-case`,
        }));
      }),
};

export const homelessNames: Rule = {
  name: 'homeless-names',
  says: 'no folder or file is called utils, common, shared, helpers or misc',
  check: (tree) =>
    tree.files.flatMap((file) => {
      const words = file.path.split('/').map((part) => part.replace(/\..*$/, ''));
      return words
        .filter((word) => isHomeless.test(word))
        .map((word) => ({ path: file.path, line: 0, message: `${word} says nothing` }));
    }),
};

export const moduleShape: Rule = {
  name: 'module-shape',
  says: 'a switch module is flat, has an index.ts, and holds a core, store, service, handlers and errors',
  check: (tree) => {
    const modules = new Map<string, Set<string>>();
    const findings: Finding[] = [];
    for (const file of tree.files) {
      const place = moduleFileOf(file.path);
      if (place === undefined) {
        continue;
      }
      const names = modules.get(place.module) ?? new Set();
      modules.set(place.module, names.add(place.name));
      if (place.name.includes('/')) {
        findings.push({ path: file.path, line: 0, message: 'a module has no folders inside' });
      }
      const otherKind = isOtherKind.exec(place.name);
      if (otherKind !== null) {
        findings.push({ path: file.path, line: 0, message: `${otherKind[1]} is not one of the six kinds` });
      }
    }
    for (const [module, names] of modules) {
      if (!names.has('index.ts')) {
        findings.push({ path: `switch/src/${module}`, line: 0, message: 'has no index.ts' });
      }
    }
    return findings;
  },
};

const isKebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
// `.portable` marks the variant of an entry point for browsers and React Native.
const isFileName = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|portable|d))*\.(?:ts|tsx|sql)$/;
const isVectorPath = /^spec\/vectors\//;
const isHomeless = /^(?:utils?|commons?|shared|helpers?|misc|lib|tools)$/;
const isOtherKind = /(?:^|-)(repository|controller|manager|types?|model|dao|handler|dto|entity|mapper)\.ts$/;
