import type { ParticipantId, PaymentId, PaymentResource } from '@barlink/protocol';
import type { Participant } from '../../src/participants/index.ts';
import type { NetworkPlan } from './network-plan.ts';
import type { Senders } from './sim-senders.ts';
import type { World } from './world.ts';

/** What everybody wants in a run, drawn when its time comes. */
export function scheduleWishes(options: {
  readonly world: World;
  readonly plan: NetworkPlan;
  readonly senders: Senders;
  readonly payments: number;
  readonly forMs: number;
  /** Captured purchases their acquirers have heard of. */
  readonly captured: readonly PaymentResource[];
}): void {
  const { world, plan, senders, payments, forMs, captured } = options;
  const { chance } = world;
  const byId = new Map<string, Participant>(plan.participants.map((one) => [one.id, one]));
  const sender = (id: ParticipantId) => byId.get(id) as Participant;
  const amount = () => ({ currency: 'CNY', minor: BigInt(chance.between(1, 1000)) });
  const payerCodes = chance.between(2, payments);

  function payMerchant(): void {
    const code = chance.pick(plan.codes);
    const token = chance.pick(plan.tokens);
    const asked = { kind: 'merchant', payload: code.codeId, tokenId: token.tokenId } as const;
    senders.ask(sender(token.wallet), { ...asked, amount: code.amount ?? amount() });
  }

  function takePayer(): void {
    const payload = `${chance.between(0, plan.tokens.length - 1)}-${chance.between(1, payerCodes)}`;
    senders.ask(sender(chance.pick(plan.acquirers)), { kind: 'consumer', payload, amount: amount() });
  }

  /** Several at once, so that they race. */
  function undo(): void {
    const purchase = captured.length === 0 ? undefined : chance.pick(captured.slice(-4));
    if (purchase === undefined) {
      payMerchant();
      return;
    }
    const paymentId = purchase.paymentId as PaymentId;
    for (let count = chance.between(1, 3); count > 0; count -= 1) {
      const minor = BigInt(chance.between(1, Number(purchase.amount.minor)));
      const asked = chance.isLikely(0.4)
        ? ({ kind: 'reverse', paymentId } as const)
        : ({ kind: 'refund', paymentId, amount: { currency: 'CNY', minor } } as const);
      world.after(chance.between(0, 200), () =>
        senders.ask(sender(purchase.acquirer as ParticipantId), asked),
      );
    }
  }

  for (let wish = 0; wish < payments; wish += 1) {
    world.after(chance.between(0, forMs), () => {
      const drawn = chance.next();
      (drawn < 0.5 ? payMerchant : drawn < 0.75 ? takePayer : undo)();
    });
  }
}
