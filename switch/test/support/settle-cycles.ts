import assert from 'node:assert/strict';
import type { Network } from '@barlink/conformance';
import { type ClearingCycle, newIdempotencyKey, SdkError } from '@barlink/sdk';
import type pg from 'pg';

/** Closes the open cycle, whatever dies meanwhile: the operator asks with one key until it is answered. */
export async function closeOpenCycle({ operator }: Network): Promise<void> {
  const idempotencyKey = newIdempotencyKey(new Date());
  const [open] = (await untilAnswered(() => operator.cycles())).items;
  await untilAnswered(() => operator.closeCycle(open?.cycleId ?? 0, { idempotencyKey }));
}

/**
 * Waits until every closed cycle is settled: nets sum to zero, each captured payment is in its cycle, and
 * the settlement bank has booked each instruction once.
 */
export async function assertCyclesSettled(
  pool: pg.Pool,
  { operator, settlementBank }: Network,
): Promise<void> {
  const cycles = await untilSettled(operator);
  for (const { cycleId, positions } of cycles) {
    const sum = positions.reduce((total, { net }) => total + net, 0n);
    assert.equal(sum, 0n, `net positions of cycle ${cycleId}`);
    for (const { instructionId, state } of (await operator.settlement(cycleId)).instructions) {
      assert.deepEqual([state, settlementBank.bookings().get(instructionId)], ['settled', 1], instructionId);
    }
  }
  const { rows } = await pool.query<{ lost: number }>(
    `select count(*)::int as lost from captured_payments c left join obligations o using (payment_id)
      where c.cycle_id <> (select current_cycle()) and o.cycle_id is distinct from c.cycle_id`,
  );
  assert.equal(rows[0]?.lost, 0, 'each captured payment is in its cycle');
}

async function untilSettled(operator: Network['operator']): Promise<readonly ClearingCycle[]> {
  for (const endsAt = Date.now() + 60_000; ; ) {
    const { items } = await operator.cycles();
    if (items.every(({ state }) => state === 'settled' || state === 'open')) {
      return items;
    }
    assert.ok(Date.now() < endsAt, 'not within a minute: every closed cycle is settled');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = ['SWITCH_UNREACHABLE', 'SWITCH_TIMEOUT', 'IDEMPOTENCY_IN_PROGRESS'];
      if (!(error instanceof SdkError && mayPass.includes(error.code))) {
        throw error;
      }
    }
  }
}
