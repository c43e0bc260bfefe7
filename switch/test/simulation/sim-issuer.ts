import type { AuthorizationAnswer, AuthorizationRequest, ReversalRequest } from '@barlink/protocol';
import type { Faults } from './faults.ts';
import type { Receiver, Said } from './switch-line.ts';
import type { World } from './world.ts';

/** How an issuer keeps its word. */
export type Honesty =
  | 'honest'
  /** Says of another payment what it was asked of this one, or says nothing of sense, or signs wrongly. */
  | 'confused'
  /** Says approved and books nothing, and answers an inquiry as it likes. */
  | 'lying';

/** A simulated issuer and its own books. */
export interface SimIssuer extends Receiver {
  readonly honesty: Honesty;
  /** Payments it has booked and not undone. */
  bookings(): ReadonlyMap<string, { readonly kind: 'purchase' | 'refund'; readonly minor: bigint }>;
  /** Whatever it has once said of a payment. */
  said(paymentId: string): ReadonlySet<string>;
}

/** What a planted bug may break in an issuer. */
export interface IssuerSabotage {
  readonly forgetsReversals?: boolean;
}

/** An issuer that keeps spec/messages.md 5, unless it lies. */
export function createSimIssuer(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly id: string;
  readonly honesty: Honesty;
  readonly sabotage: IssuerSabotage;
}): SimIssuer {
  const { world, faults, id, honesty, sabotage } = options;
  const { chance } = world;
  const kept = new Map<string, AuthorizationAnswer>();
  const booked = new Map<string, { kind: 'purchase' | 'refund'; minor: bigint }>();
  const words = new Map<string, Set<string>>();
  const declineRate = chance.pick([0, 0.1, 0.4]);
  const slowRate = chance.pick([0, 0.1, 0.5]);
  let downUntilMs = 0;
  /** Work in hand is lost when the issuer goes down; its book is not. */
  let life = 0;

  if (chance.isLikely(0.3)) {
    world.after(chance.between(0, 20_000), () => {
      downUntilMs = world.nowMs() + chance.between(500, 30_000);
      life += 1;
      world.trace(`${id} goes down`);
    });
  }

  function say(answer: AuthorizationAnswer): Said {
    const known = words.get(answer.paymentId) ?? new Set();
    words.set(answer.paymentId, known.add(answer.outcome));
    if (honesty === 'confused' && chance.isLikely(0.4)) {
      return chance.pick<Said>([
        {
          status: 200,
          value: { ...answer, paymentId: '01900000-0000-7000-8000-00000000ffff' },
          isSigned: true,
        },
        { status: 200, value: { ...answer, outcome: 'perhaps' }, isSigned: true },
        { status: 200, value: answer, isSigned: false },
        { status: 500, value: answer, isSigned: true },
      ]);
    }
    return { status: 200, value: answer, isSigned: true };
  }

  function authorize({ paymentId, kind, amount }: AuthorizationRequest): AuthorizationAnswer {
    const known = kept.get(paymentId);
    if (known !== undefined) {
      return known;
    }
    const isDeclined = chance.isLikely(declineRate);
    const answer: AuthorizationAnswer = isDeclined
      ? { paymentId, outcome: 'declined', reason: 'INSUFFICIENT_FUNDS' }
      : { paymentId, outcome: 'approved' };
    kept.set(paymentId, answer);
    if (!isDeclined && !(honesty === 'lying' && chance.isLikely(0.5))) {
      booked.set(paymentId, { kind, minor: BigInt(amount.minor) });
    }
    return answer;
  }

  function reverse({ paymentId, reason }: ReversalRequest): AuthorizationAnswer {
    const reversed: AuthorizationAnswer = { paymentId, outcome: 'reversed', reason };
    if (kept.has(paymentId) || sabotage.forgetsReversals !== true) {
      kept.set(paymentId, reversed);
    }
    booked.delete(paymentId);
    return reversed;
  }

  function inquire(paymentId: string): AuthorizationAnswer {
    if (honesty === 'lying') {
      return { paymentId, outcome: chance.pick(['approved', 'declined', 'not_found', 'reversed'] as const) };
    }
    return kept.get(paymentId) ?? { paymentId, outcome: 'not_found' };
  }

  function thinkMs(): number {
    return !faults.isHealed && chance.isLikely(slowRate)
      ? chance.between(500, 15_000)
      : chance.between(0, 20);
  }

  return {
    id,
    honesty,
    isDown: () => !faults.isHealed && world.nowMs() < downUntilMs,
    bookings: () => booked,
    said: (paymentId) => words.get(paymentId) ?? new Set(),
    receive(path, message, answer) {
      const before = life;
      const [, , paymentId = ''] = path.split('/');
      world.after(thinkMs(), () => {
        if (before !== life) {
          return;
        }
        if (path === '/authorizations') {
          answer(say(authorize(message as AuthorizationRequest)));
        } else if (path === '/reversals') {
          answer({ status: 200, value: reverse(message as ReversalRequest), isSigned: true });
        } else if (path === '/events') {
          answer(acceptAll(message));
        } else {
          answer(say(inquire(paymentId)));
        }
      });
    },
  };
}

/** The answer of a receiver that took every event of a delivery. */
export function acceptAll(message: unknown): Said {
  const { events } = message as { readonly events: readonly { readonly eventId: string }[] };
  return { status: 200, value: { accepted: events.map(({ eventId }) => eventId) }, isSigned: true };
}
