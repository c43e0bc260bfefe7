import assert from 'node:assert/strict';
import { storeCases } from './stand-in-cases.ts';
import { cycleCases } from './stand-in-cycle-cases.ts';
import { ledgerCases } from './stand-in-ledger-cases.ts';
import { openMemoryPlace, openPostgresPlace, type Place } from './stand-in-place.ts';

/** The stand-in may be trusted as far as these cases go: they say the same of it and of PostgreSQL. */
for (const open of [openMemoryPlace, openPostgresPlace]) {
  describe(`stores ${open === openMemoryPlace ? 'in memory' : 'on PostgreSQL'}`, function () {
    this.timeout(30_000);
    let place: Place;

    before(async () => {
      place = await open();
    });
    after(() => place.close());

    for (const { name, run, expected } of [...storeCases, ...ledgerCases, ...cycleCases]) {
      it(name, async () => {
        assert.deepEqual(await run(place), expected);
      });
    }
  });
}
