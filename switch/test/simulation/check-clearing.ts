import type { Payment } from '../../src/payments/payment.ts';
import type { Ended } from './check-payments.ts';
import type { ClearingHistory } from './clearing-history.ts';
import type { History } from './history.ts';

/** Clearing, looked at with books of its own: which capture is where, and what follows from it. */
export function checkClearing({ history, listeners }: Ended): readonly string[] {
  const { clearing } = history;
  return [
    ...checkSteps(clearing),
    ...[...history.payments.values()].flatMap((payment) => checkObligation(payment, history)),
    ...checkNets(clearing),
    ...checkHeard(clearing, listeners),
  ];
}

/** spec/clearing.md 2, written down once more. */
const order = 'closing closed settling settled';

/** Each cycle but the open one went through all its states, once, and cycles follow each other. */
function checkSteps({ opened, steps, openCycle }: ClearingHistory): readonly string[] {
  return [...opened.keys()].flatMap((cycleId) => {
    const own = steps.filter(({ row }) => row.cycleId === cycleId);
    const life = own.map(({ row }) => row.step).join(' ');
    const isNext = opened.has(cycleId - 1) || cycleId === 1;
    const closing = own.find(({ row }) => row.step === 'closing')?.commit;
    const isHandedOn = closing === opened.get(cycleId + 1);
    const isRight = life === (cycleId === openCycle() ? '' : order) && isNext && isHandedOn;
    return isRight ? [] : [`cycle ${cycleId} went through ${life || 'nothing'}`];
  });
}

/** A captured payment is an obligation of one cycle, open when it was captured; no other payment is one. */
function checkObligation(payment: Payment, history: History): readonly string[] {
  const { clearing } = history;
  const own = clearing.obligations.filter(({ row }) => row.paymentId === payment.id);
  const says = (text: string) => [`payment ${payment.id} ${text}`];
  if (history.eventsOf(payment.id).at(-1)?.state !== 'captured') {
    return own.length === 0 ? [] : says('is no obligation of anybody, and is one');
  }
  const [one] = own;
  if (one === undefined || own.length > 1) {
    return says(`is in ${own.length} cycles`);
  }
  const { cycleId, debtorId, creditorId, amount, currency } = one.row;
  const captured = history.capturedAt(payment.id);
  const openedAt = clearing.opened.get(cycleId) ?? Number.POSITIVE_INFINITY;
  if (!(openedAt < captured && captured < one.commit)) {
    return says(`was captured by commit ${captured} and is in cycle ${cycleId}`);
  }
  const sides =
    payment.kind === 'purchase'
      ? [payment.issuerId, payment.acquirerId]
      : [payment.acquirerId, payment.issuerId];
  const isSame =
    debtorId === sides[0] &&
    creditorId === sides[1] &&
    amount === payment.amount.minor &&
    currency === payment.amount.currency;
  return isSame ? [] : says('is another obligation than it should be');
}

/** Net positions are the obligations added up, written once with their cycle, and sum to zero. */
function checkNets({ nets, obligations, carries, steps }: ClearingHistory): readonly string[] {
  const wrong: string[] = [];
  for (const { row: step, commit } of steps.filter(({ row }) => row.step === 'closed')) {
    const due = new Map<string, { net: bigint; carried: bigint }>();
    const of = (id: string) => {
      const sums = due.get(id) ?? { net: 0n, carried: 0n };
      due.set(id, sums);
      return sums;
    };
    for (const { row } of obligations.filter((one) => one.row.cycleId === step.cycleId)) {
      of(row.creditorId).net += row.amount;
      of(row.debtorId).net -= row.amount;
    }
    for (const carry of carries.filter(({ row }) => row.cycleId === step.cycleId)) {
      of(carry.row.participantId).carried += carry.row.amount;
      if (carry.commit > commit) {
        wrong.push(`cycle ${step.cycleId} took over something after it was closed`);
      }
    }
    const own = nets.filter(({ row }) => row.cycleId === step.cycleId);
    const sum = own.reduce((total, { row }) => total + row.net, 0n);
    const isSame =
      own.length === due.size &&
      own.every(({ row, commit: written }) => {
        const sums = due.get(row.participantId);
        return sums?.net === row.net && sums.carried === row.carried && written === commit;
      });
    wrong.push(
      ...(isSame ? [] : [`net positions of cycle ${step.cycleId} are not its obligations added up`]),
      ...(sum === 0n ? [] : [`net positions of cycle ${step.cycleId} sum to ${sum}`]),
    );
  }
  return wrong;
}

/** Everyone with a position in a cycle hears, of its own position, that it closed and that it was settled. */
function checkHeard({ nets }: ClearingHistory, listeners: Ended['listeners']): readonly string[] {
  return listeners.flatMap(({ id, cycleEvents }) => {
    const due = new Set(nets.filter(({ row }) => row.participantId === id).map(({ row }) => row.cycleId));
    const heard = (type: string) =>
      new Set(cycleEvents.filter((event) => event.type === type).map(({ cycle }) => cycle.cycleId));
    const missed = [...due].filter(
      (cycleId) => !heard('cycle.closed').has(cycleId) || !heard('cycle.settled').has(cycleId),
    );
    const foreign = cycleEvents.filter(({ cycle }) =>
      cycle.positions.some(({ participant }) => participant !== id),
    );
    return [
      ...missed.map((cycleId) => `${id} has not heard all of cycle ${cycleId}`),
      ...foreign.map(({ cycle }) => `${id} heard positions of others in cycle ${cycle.cycleId}`),
    ];
  });
}
