import assert from 'node:assert/strict';
import { clearingMutations } from './sim-clearing-mutations.ts';
import { simMutations } from './sim-mutations.ts';
import { type SimulationResult, simulate } from './simulate.ts';

/** In a test run; `npm run simulate -- --seeds A..B` runs others. */
const seeds = 1000;
const payments = 20;
/** A planted bug must show within this many seeds. */
const mutationSeeds = 150;

describe('the switch under a seeded clock, network, database and participants', function () {
  this.timeout(300_000);

  it('comes to rest with all sides agreed, whatever went wrong on the way', async function () {
    const results: SimulationResult[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const result = await simulate({ seed, payments });
      assert.deepEqual(
        result.violations,
        [],
        `npm run simulate -- --seed ${seed} --payments ${payments} --trace`,
      );
      results.push(result);
    }
    const lives = results.flatMap((result) => result.lives);
    const crashes = results.reduce((sum, result) => sum + result.crashes, 0);
    assert.deepEqual([...new Set(lives)].sort(), everyLife, 'some lives of payments never came up');
    assert.ok(crashes > seeds / 2, `only ${crashes} crashes`);
    const settled = results.flatMap((result) => result.instructions);
    assert.deepEqual([...new Set(settled)].sort(), everySettlement, 'some instructions never came up');
    const cycles = results.reduce((sum, result) => sum + result.cycles, 0);
    const carries = results.reduce((sum, result) => sum + result.carries, 0);
    assert.ok(cycles > seeds && carries > seeds / 50, `only ${cycles} cycles and ${carries} carries`);
    const money = `${cycles} cycles, ${settled.length} instructions, ${carries} carried over`;
    report(this, `${seeds} seeds, ${lives.length} payments, ${crashes} crashes, ${money}`);
  });

  it('does the same to the byte for the same seed', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const [one, other] = [
        await simulate({ seed, payments, keepsLines: true }),
        await simulate({ seed, payments, keepsLines: true }),
      ];
      assert.equal(one.traceHash, other.traceHash);
      assert.deepEqual(one.lines, other.lines);
    }
    const [one, two] = [await simulate({ seed: 1, payments }), await simulate({ seed: 2, payments })];
    assert.notEqual(one.traceHash, two.traceHash);
  });

  for (const { name, planted } of [...simMutations, ...clearingMutations]) {
    it(`finds that ${name}`, async function () {
      let seed = 0;
      let found: string | undefined;
      while (found === undefined && seed < mutationSeeds) {
        seed += 1;
        found = (await simulate({ seed, payments, ...planted })).violations[0];
      }
      assert.notEqual(found, undefined, `not in ${mutationSeeds} seeds`);
      report(this, `seed ${seed}`);
    });
  }
});

const everyLife = [
  'captured',
  'captured reversed',
  'declined',
  'reversed',
  'unknown captured',
  'unknown captured reversed',
  'unknown declined',
  'unknown reversed',
];

const everySettlement = [
  'pay_in accepted settled',
  'pay_in rejected retried',
  'pay_in rejected rolled',
  'pay_in settled',
  'pay_out accepted settled',
  'pay_out rejected retried',
  'pay_out rejected rolled',
  'pay_out settled',
];

/** Says what was measured beside the name of the test. */
function report(context: Mocha.Context, text: string): void {
  if (context.test !== undefined) {
    context.test.title += `: ${text}`;
  }
}
