import type { PaymentResource } from '@barlink/protocol';
import type { Payment, PaymentEvent } from '../../src/payments/payment.ts';
import type { History } from './history.ts';
import type { SimAgent } from './sim-agent.ts';
import type { SimIssuer } from './sim-issuer.ts';
import type { SimListener } from './sim-listener.ts';
import type { Wish } from './wish.ts';

/** What is compared at the end of a run. */
export interface Ended {
  readonly history: History;
  readonly wishes: readonly Wish[];
  readonly issuers: readonly SimIssuer[];
  readonly listeners: readonly SimListener[];
  readonly agent: SimAgent;
  /** Dynamic codes: each is paid once. */
  readonly dynamicCodes: ReadonlySet<string>;
}

/** spec/payments.md 2, written down once more: what may happen to a payment, in order. */
const lives = /^(unknown )?(captured( reversed)?|declined|reversed)$/;

/** Each payment lived by the table, rests on the issuer's word, and is the same for everyone. */
export function checkPayments(ended: Ended): readonly string[] {
  const { history } = ended;
  return [...history.payments.values()].flatMap((payment) => {
    const events = history.eventsOf(payment.id);
    const says = (wrong: readonly string[]) => wrong.map((text) => `payment ${payment.id}: ${text}`);
    return says([
      ...checkLife(events),
      ...checkIssuer(payment, events, ended),
      ...checkListeners(payment, events, ended),
    ]);
  });
}

function checkLife(events: readonly PaymentEvent[]): readonly string[] {
  const life = events.map(({ state }) => state).join(' ');
  const isInOrder = events.every(({ sequence }, at) => sequence === at + 1);
  return lives.test(life) && isInOrder ? [] : [`went ${life || 'nowhere'}`];
}

/** Captured is what the issuer has booked; of one that lies, what it has said. */
function checkIssuer(
  payment: Payment,
  events: readonly PaymentEvent[],
  { issuers }: Ended,
): readonly string[] {
  const issuer = issuers.find(({ id }) => id === payment.issuerId);
  const isCaptured = events.at(-1)?.state === 'captured';
  const capture = events.find(({ state }) => state === 'captured');
  if (capture !== undefined) {
    const word = JSON.parse(capture.evidence?.body ?? '{}') as { paymentId?: string; outcome?: string };
    if (word.paymentId !== payment.id || word.outcome !== 'approved') {
      return ['was captured without the word of its issuer'];
    }
  }
  const booking = issuer?.bookings().get(payment.id);
  if (issuer?.honesty === 'lying') {
    return [];
  }
  if ((booking !== undefined) !== isCaptured) {
    return [`is ${events.at(-1)?.state} and its issuer has ${booking === undefined ? 'not ' : ''}booked it`];
  }
  const isSame =
    booking === undefined || (booking.minor === payment.amount.minor && booking.kind === payment.kind);
  return isSame ? [] : ['was booked with another amount'];
}

/** Acquirer and wallet hear of every outcome they did not ask for, and of none that was not. */
function checkListeners(
  payment: Payment,
  events: readonly PaymentEvent[],
  { listeners, history }: Ended,
): readonly string[] {
  const outcomes = events.map(({ state }) => state).filter((state) => state !== 'unknown');
  const isReserved = history.transfers.some(({ id }) => id === payment.id);
  return listeners.flatMap(({ id, events: heard }) => {
    const isParty = id === payment.acquirerId || id === payment.walletId;
    const states = heard
      .filter((event) => event.payment.paymentId === payment.id)
      .map((event) => event.payment.state);
    const untrue = states.filter((state) => !outcomes.includes(state as 'captured'));
    const isAsker = id === payment.senderId;
    const missed =
      isParty && !isAsker && isReserved ? outcomes.filter((state) => !states.includes(state)) : [];
    return [
      ...(isParty || states.length === 0 ? [] : [`was told to ${id}, who has no part in it`]),
      ...untrue.map((state) => `is told to be ${state} to ${id}`),
      ...missed.map((state) => `was never told to be ${state} to ${id}`),
    ];
  });
}

/** One wish, at most one payment; one question, one answer; and the answer is what is stored. */
export function checkWishes({ history, wishes }: Ended): readonly string[] {
  const opened = [...history.messages.values()].filter(
    ({ message: { target } }) => target.startsWith('/v1/payments') && !target.endsWith('/reverse'),
  );
  const doubled =
    opened.length === history.payments.size
      ? []
      : [`${opened.length} requests opened ${history.payments.size} payments`];
  return [...doubled, ...wishes.flatMap((wish) => checkWish(wish, history))];
}

function checkWish(wish: Wish, history: History): readonly string[] {
  const { key, sender, answers, refusal } = wish;
  const says = (text: string) => [`wish ${key}: ${text}`];
  const kept = history.messages.get(`${sender.id} ${key}`);
  if (new Set(answers).size > 1) {
    return says(`was answered differently: ${[...new Set(answers)].join(' and ')}`);
  }
  if (refusal !== undefined && kept !== undefined) {
    return says(`was refused (${refusal}) and done`);
  }
  const [answer] = answers;
  if (answer === undefined) {
    return [];
  }
  if (kept === undefined) {
    return says('was answered and not kept');
  }
  const told = JSON.parse(answer) as PaymentResource;
  const payment = history.payments.get(told.paymentId as Payment['id']);
  const states = payment === undefined ? [] : history.eventsOf(payment.id).map(({ state }) => state);
  const outcomes = states.filter((state) => state !== 'unknown');
  const stored = wish.asked.kind === 'reverse' ? outcomes.at(-1) : outcomes[0];
  const isSame =
    payment?.id === kept.subject &&
    told.state === stored &&
    told.amount.minor === payment.amount.minor.toString();
  return isSame ? [] : says(`was told ${told.paymentId} ${told.state}, stored is ${kept.subject} ${stored}`);
}

/** What can be used once is used once. */
export function checkSingleUse({ history, wishes, dynamicCodes }: Ended): readonly string[] {
  const paid = new Map<string, number>();
  const count = (name: string) => paid.set(name, (paid.get(name) ?? 0) + 1);
  for (const payment of history.payments.values()) {
    const events = history.eventsOf(payment.id);
    const isPaid = payment.kind === 'purchase' && events.some(({ state }) => state === 'captured');
    if (isPaid && payment.codeId !== undefined && dynamicCodes.has(payment.codeId)) {
      count(`code ${payment.codeId}`);
    }
  }
  for (const { sender, key, asked } of wishes) {
    const kept = asked.kind === 'consumer' ? history.messages.get(`${sender.id} ${key}`) : undefined;
    const isReserved = history.transfers.some(({ id }) => id === kept?.subject);
    if (asked.kind === 'consumer' && isReserved) {
      count(`payer code ${asked.payload}`);
    }
  }
  return [...paid].filter(([, times]) => times > 1).map(([name, times]) => `${name} was paid ${times} times`);
}
