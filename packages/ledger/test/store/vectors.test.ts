import { existsSync, readFileSync } from 'node:fs';
import { createLedgerDatabase, type TestDatabase } from '../database.ts';
import { type Case, emptyLedger, play } from '../play.ts';

const root = new URL('../../../../', import.meta.url);
const published = new URL('../shared/vectors/ledger/tigerbeetle-state-machine-cases.json', root);
const ours = new URL('spec/vectors/ledger/cases.json', root);

describe('tables of ledger actions', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createLedgerDatabase();
  });
  after(() => database.drop());
  beforeEach(() => emptyLedger(database));

  describe('of ours (spec/vectors/ledger)', () => {
    for (const { name, actions } of readCases(ours)) it(name, () => play(database, actions));
  });

  describe('published ones', () => {
    if (!existsSync(published)) {
      it('are skipped: ../shared/vectors/ledger is not here');
      return;
    }
    for (const { name, actions } of readCases(published).filter((one) => one.core)) {
      it(name, () => play(database, actions));
    }
  });
});

function readCases(file: URL): readonly Case[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }).cases;
}
