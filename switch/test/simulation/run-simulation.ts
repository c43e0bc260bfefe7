import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

/**
 * `npm run simulate -- --seed 7 --payments 50 --trace`: one seed, with everything that happened.
 * `npm run simulate -- --seeds 1..5000`: many, each failing one with its first violation.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1..100' },
    payments: { type: 'string', default: '20' },
    trace: { type: 'boolean', default: false },
  },
});
const [from = 1, to = from] = (values.seed ?? values.seeds).split('..').map(Number);
const payments = Number(values.payments);
if (![from, to, payments].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  throw new Error('--seed N, --seeds A..B and --payments M are whole numbers');
}

const startedAt = process.hrtime.bigint();
const lives = new Map<string, number>();
let failed = 0;
let crashes = 0;
for (let seed = from; seed <= to; seed += 1) {
  const result = await simulate({ seed, payments, keepsLines: values.trace });
  crashes += result.crashes;
  for (const life of [...result.lives, ...result.instructions]) {
    lives.set(life, (lives.get(life) ?? 0) + 1);
  }
  for (const line of result.lines) {
    console.log(line);
  }
  if (result.violations.length > 0) {
    failed += 1;
    console.log(`seed ${seed} FAILED`);
    for (const violation of result.violations.slice(0, from === to ? undefined : 3)) {
      console.log(`  ${violation}`);
    }
  }
  if (from === to) {
    console.log(`seed ${seed} trace ${result.traceHash}`);
  }
}
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
for (const [life, count] of [...lives].sort()) {
  console.log(`${count} ${life}`);
}
console.log(`${to - from + 1} seeds, ${crashes} crashes, ${failed} failed, ${seconds.toFixed(1)} s`);
process.exitCode = failed === 0 ? 0 : 1;
