import { createRecent } from '@barlink/protocol';
import { HttpError } from './errors.ts';

/**
 * Keeps whoever sends bad signatures from using up what others need (spec/guards.md 8). A source is an
 * address: who a bad message says it comes from is not known. It costs a source without refusals one look
 * into a map.
 */
export interface FloodGuard {
  /**
   * Lets a request of a suspect source wait for its turn; `undefined` for all others. The turn is given back
   * by calling what it resolves with.
   *
   * @throws {HttpError} `SWITCH_OVERLOADED` when too many wait already
   */
  enter(source: string): Promise<() => void> | undefined;
  /** A message of this source had no signature that holds. */
  noteRefused(source: string): void;
  /** How long to hold back the refusal, so that a sender who waits for answers sends no more meanwhile. */
  holdMs(source: string): number;
  /** Whether the source may have one connection more beside those it has. */
  mayConnect(source: string, connections: number): boolean;
}

/** Refusals that count for nothing, and how many of them are forgotten in a second. */
const freeRefusals = 50;
const forgottenPerSecond = 10;
/** Refusals beyond these are not remembered: a source is forgotten half a minute after its last one. */
const refusalsMax = 300;
const holdMsMax = 1000;
/** Suspects at work at once, and in line, all together. */
const turnsMax = 2;
const waitingMax = 64;
const connectionsOfSuspect = 32;
/** Sources remembered at least; those that were refused longest ago go first. */
const sourcesLeast = 10_000;

interface Score {
  readonly refusals: number;
  readonly at: number;
}

/** The guard of one process. */
export function createFloodGuard(now: () => number = () => performance.now()): FloodGuard {
  const scores = createRecent<string, Score>(sourcesLeast);
  const waiting: (() => void)[] = [];
  let turns = 0;

  /** Refusals of a source that are not forgotten yet. */
  function countOf(source: string): number {
    const score = scores.get(source);
    return score === undefined
      ? 0
      : Math.max(0, score.refusals - ((now() - score.at) / 1000) * forgottenPerSecond);
  }

  const excessOf = (source: string) => Math.max(0, countOf(source) - freeRefusals);

  function giveBack(): void {
    const next = waiting.shift();
    if (next === undefined) {
      turns -= 1;
    } else {
      next();
    }
  }

  return {
    enter(source) {
      if (excessOf(source) === 0) {
        return undefined;
      }
      if (turns < turnsMax) {
        turns += 1;
        return Promise.resolve(giveBack);
      }
      if (waiting.length >= waitingMax) {
        return Promise.reject(new HttpError('SWITCH_OVERLOADED'));
      }
      return new Promise((resolve) => waiting.push(() => resolve(giveBack)));
    },
    noteRefused(source) {
      const refusals = Math.min(refusalsMax, countOf(source) + 1);
      scores.set(source, { refusals, at: now() });
    },
    holdMs: (source) => Math.min(holdMsMax, excessOf(source) * 20),
    mayConnect: (source, connections) => connections < connectionsOfSuspect || excessOf(source) === 0,
  };
}

/**
 * Where a request comes from: the address of the connection, or what a gateway of ours says it is. Of an IPv6
 * address the first 64 bits count, because a host may take any of the others.
 */
export function sourceOf(
  connection: string | undefined,
  forwardedFor: string | string[] | undefined,
  gateways: ReadonlySet<string>,
): string {
  const address = connection?.replace(/^::ffff:/, '') ?? '';
  const said = gateways.has(address)
    ? String(forwardedFor ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined;
  const source = said === undefined || said === '' ? address : said;
  return source.includes(':') ? source.split(':').slice(0, 4).join(':') : source;
}
