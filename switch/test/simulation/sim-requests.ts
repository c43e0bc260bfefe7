import { createHash } from 'node:crypto';
import { formatUuid7, type ParticipantId, ProtocolError } from '@barlink/protocol';
import type { KeptAnswer, WriteMessage } from '../../src/audit/index.ts';
import type { Faults } from './faults.ts';
import type { Door } from './sim-senders.ts';
import { deliveries, travelMs } from './switch-line.ts';
import type { SwitchServices } from './switch-process.ts';
import type { World } from './world.ts';

/** Something that is said to the switch until it is answered: by the operator or the settlement agent. */
export interface Request {
  readonly sender: ParticipantId;
  readonly target: string;
  readonly body: unknown;
  perform(services: SwitchServices, message: WriteMessage): Promise<KeptAnswer>;
  /** The answer, or the code of the refusal. */
  onEnd(reply: { readonly answer: string } | { readonly refusal: string }): void;
}

/** Sends requests with one key each, to whichever process, over the network that loses and doubles. */
export interface Requests {
  send(request: Request): void;
  /** Requests without an answer. */
  readonly open: number;
}

const answerWithinMs = 10_000;
const retryable = new Set(['IDEMPOTENCY_IN_PROGRESS', 'SIGNATURE_REPLAYED', 'SWITCH_FAILED']);

export function createRequests(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly doors: readonly Door[];
  readonly onError: (error: unknown) => void;
}): Requests {
  const { world, faults, doors, onError } = options;
  const { chance } = world;
  let open = 0;

  function attempt(request: Request, key: string): void {
    const door = chance.pick(doors);
    const jti = Buffer.from(chance.bytes(9)).toString('base64url');
    let isOver = false;
    const end = (reply: { answer: string } | { refusal: string } | undefined) => {
      if (isOver) {
        return;
      }
      isOver = true;
      if (reply === undefined || ('refusal' in reply && retryable.has(reply.refusal))) {
        world.after(chance.between(50, 3000), () => attempt(request, key));
        return;
      }
      open -= 1;
      request.onEnd(reply);
    };
    world.after(answerWithinMs, () => end(undefined));
    for (const delayMs of deliveries(world, faults)) {
      world.after(delayMs, () => knock(door, request, { key, jti }, end));
    }
  }

  function knock(
    door: Door,
    request: Request,
    { key, jti }: { readonly key: string; readonly jti: string },
    hear: (reply: { answer: string } | { refusal: string }) => void,
  ): void {
    const inside = door.inside();
    if (inside === undefined || faults.isCut(door.name, request.sender)) {
      return;
    }
    const { life, services } = inside;
    life.after(0, 'request', () => {
      world.trace(`${life.name} is asked ${request.target} ${JSON.stringify(request.body)} ${key} ${jti}`);
      void request
        .perform(services, toMessage(request, { key, jti, receivedAt: life.now() }))
        .then(
          ({ body }) => ({ answer: body }),
          (error: unknown) => {
            if (!(error instanceof ProtocolError)) {
              onError(error);
            }
            return { refusal: error instanceof ProtocolError ? error.code : 'SWITCH_FAILED' };
          },
        )
        .then((reply) =>
          life.after(0, 'answer', () => {
            if (!chance.isLikely(faults.loss) && !faults.isCut(door.name, request.sender)) {
              world.after(travelMs(world, faults), () => {
                world.trace(`${request.sender} hears ${JSON.stringify(reply)} of ${key}`);
                hear(reply);
              });
            }
          }),
        );
    });
  }

  return {
    send(request) {
      open += 1;
      attempt(request, formatUuid7(world.nowMs(), chance.bytes(10)));
    },
    get open() {
      return open;
    },
  };
}

function toMessage(
  { sender, target, body }: Request,
  made: { readonly key: string; readonly jti: string; readonly receivedAt: Date },
): WriteMessage {
  const bytes = Buffer.from(JSON.stringify(body));
  return {
    sender,
    kid: 'kid',
    jti: made.jti,
    method: 'POST',
    target,
    body: bytes,
    signature: `signed by ${sender}`,
    receivedAt: made.receivedAt,
    idempotencyKey: made.key,
    fingerprint: createHash('sha256').update(`${target} `).update(bytes).digest(),
  };
}
