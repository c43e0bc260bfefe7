import { ProtocolError } from '@barlink/protocol';
import type { WriteMessage } from '../../src/audit/index.ts';
import type { Faults } from './faults.ts';
import type { Life } from './switch-life.ts';
import { deliveries, travelMs } from './switch-line.ts';
import type { SwitchServices } from './switch-process.ts';
import { type Asked, makeWish, perform, toMessage, type Wish } from './wish.ts';
import type { World } from './world.ts';

/** A switch process as its senders see it: sometimes it is there. */
export interface Door {
  readonly name: string;
  /** Who serves now. */
  inside(): { readonly life: Life; readonly services: SwitchServices } | undefined;
}

/** Everyone who asks the switch for something. */
export interface Senders {
  readonly wishes: readonly Wish[];
  /** Requests that were answered although their key stood for another request. */
  readonly conflictsMissed: readonly string[];
  ask(sender: Wish['sender'], asked: Asked): void;
  areSettled(): boolean;
}

type Reply = { readonly answer: string } | { readonly refusal: string; readonly isRetryable: boolean };

const senderDeadlineMs = 10_000;
const retryable = new Set(['IDEMPOTENCY_IN_PROGRESS', 'SIGNATURE_REPLAYED', 'SWITCH_FAILED']);

/** Senders that keep asking with the same key, of whichever process, until there is an answer. */
export function createSenders(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly doors: readonly Door[];
  /** Hears of errors that are no refusals. */
  readonly onError: (error: unknown) => void;
}): Senders {
  const { world, faults, doors, onError } = options;
  const { chance } = world;
  const wishes: Wish[] = [];
  const conflictsMissed: string[] = [];
  /** Questions that are asked again, to see whether the answer is the same. */
  let echoes = 0;

  /** Sends one request; `hear` gets what comes back, once, or nothing in the sender's time. */
  function send(wish: Wish, hear: (reply: Reply | undefined) => void): void {
    const door = chance.pick(doors);
    const jti = toMessage(world, wish, new Date(0)).jti;
    let isHeard = false;
    const once = (reply: Reply | undefined) => {
      if (!isHeard) {
        isHeard = true;
        hear(reply);
      } else if (reply !== undefined && 'answer' in reply) {
        // Too late for whoever asked, but it must not say anything else.
        wish.answers.push(reply.answer);
      }
    };
    world.after(senderDeadlineMs, () => once(undefined));
    for (const delayMs of deliveries(world, faults)) {
      wish.unheard += 1;
      world.after(delayMs, () => {
        knock(door, wish, jti, (reply) => {
          wish.unheard -= 1;
          once(reply);
        });
      });
    }
  }

  function knock(door: Door, wish: Wish, jti: string, hear: (reply: Reply) => void): void {
    const inside = door.inside();
    if (inside === undefined || faults.isCut(door.name, wish.sender.id)) {
      return;
    }
    const { life, services } = inside;
    life.after(0, 'request', () => {
      const message: WriteMessage = { ...toMessage(world, wish, life.now()), jti };
      world.trace(`${life.name} is asked ${wish.asked.kind} ${wish.key} ${jti}`);
      void perform(services.payments, message, wish)
        .then(
          ({ body }): Reply => ({ answer: body }),
          (error: unknown) => {
            if (!(error instanceof ProtocolError)) {
              onError(error);
            }
            return toRefusal(error);
          },
        )
        .then((reply) => life.after(0, 'answer', () => carryBack(door, wish, reply, hear)));
    });
  }

  function carryBack(door: Door, wish: Wish, reply: Reply, hear: (reply: Reply) => void): void {
    if (chance.isLikely(faults.loss) || faults.isCut(door.name, wish.sender.id)) {
      return;
    }
    world.after(travelMs(world, faults), () => {
      world.trace(
        `${wish.sender.id} hears ${'answer' in reply ? reply.answer : reply.refusal} of ${wish.key}`,
      );
      hear(reply);
    });
  }

  function attempt(wish: Wish): void {
    send(wish, (reply) => {
      if (reply !== undefined && 'answer' in reply) {
        wish.answers.push(reply.answer);
        settle(wish);
      } else if (chance.isLikely(0.05)) {
        // Some give up; what became of it then, nobody asks.
        wish.isSettled = true;
      } else if (reply === undefined || reply.isRetryable) {
        world.after(chance.between(50, 3000), () => attempt(wish));
      } else {
        // A copy that is still on its way is judged anew (spec/messages.md 3.6).
        wish.refusal = wish.unheard === 0 ? reply.refusal : undefined;
        wish.isSettled = true;
      }
    });
  }

  function settle(wish: Wish): void {
    wish.isSettled = true;
    if (chance.isLikely(0.2)) {
      echoes += 1;
      world.after(chance.between(0, 60_000), () => echo(wish));
    }
    if (chance.isLikely(0.1)) {
      echoes += 1;
      world.after(chance.between(0, 5000), () => provoke(wish));
    }
  }

  function echo(wish: Wish): void {
    send(wish, (reply) => {
      echoes -= 1;
      if (reply !== undefined && 'answer' in reply) {
        wish.answers.push(reply.answer);
      } else if (reply !== undefined && !reply.isRetryable) {
        wish.answers.push(`refused ${reply.refusal}`);
      }
    });
  }

  /** The same key with another body. */
  function provoke(wish: Wish): void {
    const { asked } = wish;
    const other =
      asked.kind === 'reverse' ? undefined : { ...asked, amount: { ...asked.amount, minor: 7777n } };
    if (other === undefined) {
      echoes -= 1;
      return;
    }
    send({ ...wish, asked: other, answers: [] }, (reply) => {
      echoes -= 1;
      if (reply !== undefined && 'answer' in reply) {
        conflictsMissed.push(`${wish.key} was answered ${reply.answer}`);
      }
    });
  }

  return {
    wishes,
    conflictsMissed,
    ask(sender, asked) {
      const wish = makeWish(world, sender, asked);
      wishes.push(wish);
      attempt(wish);
    },
    areSettled: () => echoes === 0 && wishes.every(({ isSettled }) => isSettled),
  };
}

function toRefusal(error: unknown): Reply {
  const refusal = error instanceof ProtocolError ? error.code : 'SWITCH_FAILED';
  return { refusal, isRetryable: retryable.has(refusal) };
}
