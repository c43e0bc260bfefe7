import {
  type Participant,
  type ParticipantLine,
  ParticipantSilence,
  type ParticipantWord,
} from '../../src/participants/index.ts';
import type { Faults } from './faults.ts';
import type { Life } from './switch-life.ts';
import type { World } from './world.ts';

/** What a participant's receiver answers, when it answers. */
export interface Said {
  readonly status: number;
  readonly value: unknown;
  /** The signature on it holds. */
  readonly isSigned: boolean;
}

/** A participant's receiver. */
export interface Receiver {
  readonly id: string;
  /** Nobody listens: connections are refused. */
  isDown(): boolean;
  receive(path: string, message: unknown, answer: (said: Said) => void): void;
}

/** Lines from one process to the receivers, over a network that loses, doubles, delays and cuts. */
export function createSimulatedLine(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly life: Life;
  readonly receivers: ReadonlyMap<string, Receiver>;
}): ParticipantLine {
  const { world, faults, life, receivers } = options;
  const { chance } = world;

  function post(participant: Participant, path: string, message: unknown, deadlineMs: number) {
    return new Promise<ParticipantWord>((resolve, reject) => {
      const fail = (kind: ParticipantSilence['kind'], afterMs: number) =>
        life.after(afterMs, `silence of ${participant.id}`, () => reject(new ParticipantSilence(kind)));
      const receiver = receivers.get(participant.id);
      if (receiver === undefined || receiver.isDown() || isUnreachable(participant.id)) {
        fail('not_sent', chance.between(1, 50));
        return;
      }
      fail('timeout', deadlineMs);
      if (chance.isLikely(faults.loss / 2)) {
        fail('broken', chance.between(1, 500));
      }
      const body = JSON.stringify(message);
      const answer = (said: Said) => {
        if (faults.isCut(life.name, participant.id) || chance.isLikely(faults.loss)) {
          return;
        }
        life.after(travelMs(world, faults), `answer of ${participant.id}`, () => {
          world.trace(`${life.name} hears ${participant.id} ${path} ${JSON.stringify(said.value)}`);
          if (!said.isSigned) {
            reject(new ParticipantSilence('answer_invalid'));
            return;
          }
          const text = JSON.stringify(said.value);
          const signature = `signed by ${participant.id}`;
          resolve({ status: said.status, value: JSON.parse(text), body: text, signature });
        });
      };
      for (const delayMs of deliveries(world, faults)) {
        world.after(delayMs, () => {
          if (!receiver.isDown() && !faults.isCut(life.name, participant.id)) {
            world.trace(`${participant.id} receives ${path} ${body}`);
            receiver.receive(path, JSON.parse(body), answer);
          }
        });
      }
    });
  }

  /** A cut is noticed when connecting, or not at all. */
  function isUnreachable(id: string): boolean {
    return faults.isCut(life.name, id) && chance.isLikely(0.5);
  }

  return {
    async post(participant, path, message, { deadlineMs }) {
      await life.sleep(0, `post ${path}`);
      return post(participant, path, message, deadlineMs);
    },
  };
}

/** When the copies of a message arrive: usually one, soon; none when it is lost. */
export function deliveries(world: World, faults: Faults): readonly number[] {
  const { chance } = world;
  const first = chance.isLikely(faults.loss) ? [] : [travelMs(world, faults)];
  return chance.isLikely(faults.duplicate) ? [...first, travelMs(world, faults) * 3] : first;
}

/** How long a message travels. */
export function travelMs(world: World, faults: Faults): number {
  const { chance } = world;
  return chance.isLikely(faults.slow) ? chance.between(100, 9000) : chance.between(1, 30);
}
