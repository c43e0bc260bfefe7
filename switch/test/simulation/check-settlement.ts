import type { Instruction, Item } from '../../src/settlement/settlement.ts';
import type { Ended } from './check-payments.ts';
import type { ClearingHistory } from './clearing-history.ts';
import type { History } from './history.ts';
import type { SimAgent } from './sim-agent.ts';

/** Settlement: what the agent booked, what the ledger moved and what was due are the same thing. */
export function checkSettlement({ history, agent }: Ended): readonly string[] {
  const { clearing } = history;
  return [
    ...agent.contradictions,
    ...clearing.items.flatMap(({ row }) => checkItem(row, clearing)),
    ...clearing.instructions.flatMap(({ row }) => checkInstruction(row, history, agent)),
    ...checkOrder(clearing),
    ...checkCarries(clearing),
    ...checkOwnAccount(history),
  ];
}

function statesOf({ words }: ClearingHistory, instructionId: string): readonly string[] {
  return words.filter(({ row }) => row.instructionId === instructionId).map(({ row }) => row.state);
}

/** spec/clearing.md 5, written down once more: what may become of an instruction, in order. */
const lives = /^(accepted )?(settled|rejected (retried|rolled))$/;

/** Each instruction came to an end, moved its amount once or not at all, and the agent has it so. */
function checkInstruction(instruction: Instruction, history: History, agent: SimAgent): readonly string[] {
  const { id, amount, direction } = instruction;
  const states = statesOf(history.clearing, id).join(' ');
  const says = (text: string) => [`instruction ${id}: ${text}`];
  if (!lives.test(states)) {
    return says(`went ${states || 'nowhere'}`);
  }
  const isSettled = states.endsWith('settled');
  const moved = history.transfers.filter((transfer) => transfer.id === id);
  const isMoved = moved.length === 1 && moved[0]?.amount === amount;
  if (isSettled ? !isMoved : moved.length > 0) {
    return says(`is ${states} and has moved ${moved.map((one) => one.amount).join(', ') || 'nothing'}`);
  }
  const booking = agent.bookings().get(id);
  if (agent.honesty === 'lying') {
    return [];
  }
  const isBooked =
    booking?.times === 1 &&
    BigInt(booking.instruction.amount.minor) === amount &&
    booking.instruction.direction === direction;
  return (isSettled ? isBooked : booking === undefined)
    ? []
    : says(`is ${states} and the agent booked it ${booking?.times ?? 0} times`);
}

/** A due is settled once, by instructions of one direction, and what is not settled is carried. */
function checkItem(item: Item, clearing: ClearingHistory): readonly string[] {
  const { cycleId, participantId, currency, due, setAside } = item;
  const own = clearing.instructions
    .map(({ row }) => row)
    .filter(
      (row) => row.cycleId === cycleId && row.participantId === participantId && row.currency === currency,
    );
  const settled = own.filter(({ id }) => statesOf(clearing, id).includes('settled'));
  const paid = settled.reduce((sum, { amount }) => sum + amount, 0n) * (due < 0n ? -1n : 1n);
  const carried = clearing.carries
    .filter(({ row }) => row.fromCycleId === cycleId && row.participantId === participantId)
    .reduce((sum, { row }) => sum + row.amount, 0n);
  const isRight =
    settled.length <= 1 &&
    paid + carried === due &&
    (due < 0n || paid <= setAside) &&
    own.every(({ direction }) => direction === (due < 0n ? 'pay_in' : 'pay_out'));
  const name = `${participantId} in cycle ${cycleId}`;
  return isRight ? [] : [`${name} is due ${due}, was paid ${paid} and has ${carried} carried`];
}

/** Creditors are told after the last debtor of their cycle has ended. */
function checkOrder({ instructions, words }: ClearingHistory): readonly string[] {
  return instructions
    .filter(({ row }) => row.direction === 'pay_out')
    .flatMap(({ row, commit }) => {
      const early = words.filter((word) => {
        const instruction = instructions.find((one) => one.row.id === word.row.instructionId)?.row;
        return (
          instruction?.cycleId === row.cycleId && instruction.direction === 'pay_in' && word.commit > commit
        );
      });
      return early.length === 0 ? [] : [`instruction ${row.id} did not wait for the debtors`];
    });
}

/** What one commit carries into a cycle is what money is there for: never less than nothing. */
function checkCarries({ carries }: ClearingHistory): readonly string[] {
  const sums = new Map<number, bigint>();
  for (const { row, commit } of carries) {
    sums.set(commit, (sums.get(commit) ?? 0n) + row.amount);
  }
  return [...sums]
    .filter(([, sum]) => sum < 0n)
    .map(([commit, sum]) => `commit ${commit} carried ${sum}, a debt without its claims`);
}

/** The switch's own account never pays out what did not come in, and is empty in the end. */
function checkOwnAccount({ clearing, transfers }: History): readonly string[] {
  return clearing.accounts.flatMap(({ id, currency }) => {
    let held = 0n;
    const wrong: string[] = [];
    for (const transfer of transfers.filter(({ flags }) => !isVoidOrPending(flags))) {
      held += transfer.debitAccountId === id ? transfer.amount : 0n;
      held -= transfer.creditAccountId === id ? transfer.amount : 0n;
      if (held < 0n) {
        wrong.push(`transfer ${transfer.id} pays out what did not come in`);
      }
    }
    return held === 0n ? wrong : [...wrong, `${held} ${currency} are left at the switch`];
  });
}

function isVoidOrPending(flags: readonly string[]): boolean {
  return flags.includes('pending') || flags.includes('void_pending_transfer');
}
