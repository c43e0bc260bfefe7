import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { cases } from './import-cases.ts';

const require = createRequire(import.meta.url);
const { forbidden, options } = require('../../../.dependency-cruiser.cjs') as {
  readonly forbidden: NonNullable<IFlattenedRuleSet['forbidden']>;
  readonly options: ICruiseOptions;
};

// Each case is a folder of its own in one small repository, which is cruised once.
describe('import rules', () => {
  let folder: string;
  let violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'barlink-imports-'));
    for (const [path, text] of Object.entries(repository())) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const { output } = await cruise(
      ['packages/*/{src,test}', 'switch/src', 'examples', 'bench'],
      {
        ...options,
        baseDir: folder,
        tsConfig: { fileName: join(folder, 'tsconfig.json') },
        ruleSet: { forbidden },
        validate: true,
      },
      undefined,
      { tsConfig: { options: { baseUrl: folder }, fileNames: [], errors: [] } },
    );
    const { summary } = output as ICruiseResult;
    violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('have a case for each', () => {
    const named = new Set(cases.flatMap(({ breaks }) => breaks));
    const missing = forbidden.map(({ name = '' }) => name).filter((name) => !named.has(name));
    assert.deepEqual(missing, []);
  });

  for (const { file, imports, breaks } of cases) {
    it(`${file} importing ${imports}: ${breaks.join(', ') || 'allowed'}`, () => {
      const found = violations.filter(({ from }) => from === file).map(({ rule }) => rule);
      assert.deepEqual([...new Set(found)].sort(), [...breaks].sort());
    });
  }
});

function repository(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { file, imports, target, isType } of cases) {
    files[file] = `import ${isType === true ? 'type ' : ''}{ x } from '${imports}';\nexport const y = x;\n`;
    if (target !== undefined) {
      files[target] ??= 'export const x = 1;\n';
    }
  }
  for (const name of ['pg', 'express', 'zod']) {
    files[`node_modules/${name}/index.js`] = 'export const x = 1;\n';
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, version: '1.0.0', main: 'index.js' });
  }
  const dependencies = { pg: '1.0.0', express: '1.0.0', zod: '1.0.0' };
  const paths = { '@barlink/*': ['./packages/*/src/index.ts'] };
  files['tsconfig.json'] = JSON.stringify({
    compilerOptions: { baseUrl: '.', paths },
    include: ['packages'],
  });
  return { ...files, 'package.json': JSON.stringify({ name: 'case', type: 'module', dependencies }) };
}
