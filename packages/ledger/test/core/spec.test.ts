import { deepEqual } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { accountResults, transferResults } from '../../src/index.ts';

const root = new URL('../../../../', import.meta.url);
const chapter = readFileSync(new URL('spec/ledger.md', root), 'utf8');

describe('spec/ledger.md', () => {
  it('has a heading for each result of createAccounts, in order of precedence', () => {
    deepEqual(headingsOf('## 8.'), accountResults);
  });

  it('has a heading for each result of createTransfers, in order of precedence', () => {
    deepEqual(headingsOf('## 9.'), transferResults);
  });
});

describe('the published orders of precedence', () => {
  // Zero amounts are allowed by the published cases, and this result, which they expect, is not listed.
  const ours = transferResults.filter((code) => code !== 'accounts_must_have_the_same_ledger');
  for (const [name, results] of [
    ['create_accounts', accountResults],
    ['create_transfers', ours],
  ] as const) {
    const file = new URL(`../shared/vectors/ledger/${name}-result-precedence.json`, root);
    if (!existsSync(file)) it(`of ${name} is skipped: ../shared/vectors is not here`);
    else {
      it(`of ${name} is ours`, () => {
        const { codes } = JSON.parse(readFileSync(file, 'utf8')) as { readonly codes: readonly string[] };
        deepEqual(
          codes.filter((code) => code !== 'amount_must_not_be_zero'),
          results,
        );
      });
    }
  }
});

function headingsOf(section: string): readonly string[] {
  const [, text = ''] = chapter.split(`\n${section}`);
  const [part = ''] = text.split('\n## ');
  return [...part.matchAll(/^### (\w+)$/gm)].map(([, code = '']) => code);
}
