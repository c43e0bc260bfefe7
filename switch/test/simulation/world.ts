import { createHash } from 'node:crypto';
import { type Chance, createChance } from './chance.ts';

/** Time, chance and the record of one run. Nothing in a run may look at any other clock or chance. */
export interface World {
  readonly chance: Chance;
  nowMs(): number;
  /** Runs work later; what it gives back takes that back. */
  after(delayMs: number, work: () => void): () => void;
  /** Adds to the record; its hash is the identity of the run. */
  trace(text: string): void;
  /** Runs what is due, in order, until `isOver`; false when nothing is left or the time is up. */
  run(isOver: () => boolean, limitMs: number): Promise<boolean>;
  traceHash(): string;
  readonly lines: readonly string[];
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  work: (() => void) | undefined;
}

/** When every run begins: ids and dates look like real ones. */
export const beginningMs = Date.parse('2026-03-01T00:00:00Z');

/** A world that is the same every time it is made from the same seed. */
export function createWorld(options: { readonly seed: number; readonly keepsLines: boolean }): World {
  const queue = createQueue();
  const hash = createHash('sha256');
  const lines: string[] = [];
  let nowMs = beginningMs;
  let order = 0;
  return {
    chance: createChance(options.seed),
    lines,
    nowMs: () => nowMs,
    after(delayMs, work) {
      order += 1;
      const due: Due = { atMs: nowMs + Math.max(0, Math.round(delayMs)), order, work };
      queue.push(due);
      return () => {
        due.work = undefined;
      };
    },
    trace(text) {
      const line = `${nowMs - beginningMs} ${text}`;
      hash.update(line).update('\n');
      if (options.keepsLines) {
        lines.push(line);
      }
    },
    async run(isOver, limitMs) {
      const endMs = nowMs + limitMs;
      while (!isOver()) {
        const due = queue.pop();
        if (due === undefined || due.atMs > endMs) {
          return false;
        }
        nowMs = due.atMs;
        due.work?.();
        // Everything that follows from it without waiting happens before the next thing is due.
        await new Promise(setImmediate);
      }
      return true;
    },
    traceHash: () => hash.copy().digest('hex'),
  };
}

/** A heap: first what is due first, and of equals what was asked for first. */
function createQueue() {
  const heap: Due[] = [];
  const isBefore = (one: Due, other: Due) =>
    one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  const swap = (at: number, other: number) => {
    [heap[at], heap[other]] = [heap[other] as Due, heap[at] as Due];
  };
  return {
    push(due: Due) {
      heap.push(due);
      for (let at = heap.length - 1; at > 0; ) {
        const above = (at - 1) >> 1;
        if (!isBefore(heap[at] as Due, heap[above] as Due)) {
          return;
        }
        swap(at, above);
        at = above;
      }
    },
    pop(): Due | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) {
        return first;
      }
      heap[0] = last;
      for (let at = 0; ; ) {
        const left = at * 2 + 1;
        const right = left + 1;
        let least = at;
        if (left < heap.length && isBefore(heap[left] as Due, heap[least] as Due)) {
          least = left;
        }
        if (right < heap.length && isBefore(heap[right] as Due, heap[least] as Due)) {
          least = right;
        }
        if (least === at) {
          return first;
        }
        swap(at, least);
        at = least;
      }
    },
  };
}
