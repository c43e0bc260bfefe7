import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { rules } from '../src/tidy/rules.ts';
import { createTree, readTree } from '../src/tidy/tree.ts';
import { cases } from './tidy-cases.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the tree is tidy', () => {
  const tree = readTree(root);

  it('reads the whole repository', () => {
    assert.notEqual(tree.find('packages/testing/test/tidy.test.ts'), undefined);
    assert.notEqual(tree.find('packages/protocol/src/index.ts'), undefined);
  });

  for (const rule of rules) {
    it(`${rule.name}: ${rule.says}`, () => {
      const findings = rule.check(tree).map(({ path, line, message }) => `${path}:${line} ${message}`);
      assert.equal(findings.length, 0, `\n${findings.join('\n')}\n`);
    });
  }
});

describe('each rule can fail', () => {
  it('has cases for every rule', () => {
    const names = new Set(cases.map(({ rule }) => rule));
    assert.deepEqual([...names].sort(), rules.map(({ name }) => name).sort());
  });

  for (const { rule: name, it: says, files, finds } of cases) {
    it(`${name}: ${says}`, () => {
      const rule = rules.find((candidate) => candidate.name === name);
      const tree = createTree(Object.entries(files).map(([path, text]) => ({ path, text })));
      const found = rule?.check(tree).map(({ path, line }) => `${path}:${line}`);
      assert.deepEqual(found, finds);
    });
  }
});
