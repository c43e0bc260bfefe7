/**
 * Decides which requests are taken to work, before anything is spent on them (spec/guards.md 1 and 2).
 *
 * What it steers by is measured: how long requests wait in the switch's own queues. Not a rate and not a
 * count, because neither tells a fast disk from a slow one.
 */
export interface Admission {
  /** Whether a request of this sender would be refused; one that would counts as refused. */
  isFull(sender: string): boolean;
  /** Takes a request to work, or answers `undefined`: then it is refused. */
  enter(sender: string): Place | undefined;
  /** The request whose verified message this is has come through the queues of the switch. */
  passed(message: object): void;
  /** Requests that may wait in the switch's own queues now. */
  readonly window: number;
  /** Requests in them. */
  readonly queued: number;
  /** Requests at work, those that wait for an issuer included. */
  readonly held: number;
}

/** A request's place among those at work. */
export interface Place {
  /** Lets `passed` find the request by its message. */
  carry(message: object): void;
  /** The request is answered; `outcome` says whether its time tells of the queues. */
  leave(outcome: 'served' | 'refused'): void;
}

/** How the measuring is set. */
export interface AdmissionOptions {
  /** Requests at work at once in this process, whatever is measured. */
  readonly heldMax: number;
  /** The least wait of an interval above this means a queue that stands. */
  readonly targetMs?: number;
  readonly now?: () => number;
}

const intervalMs = 100;
const samplesMin = 5;
/**
 * Under this no queue is called too long. A processor that is busy with something else makes every wait long;
 * what one or two senders keep in flight (64 each) must find room then, or they are refused for no queue of
 * theirs. More would go on at once, after one commit, than an issuer is asked at once (spec/guards.md 4).
 */
const windowMin = 160;
const windowAtStart = 256;
/** A sender may hold this many times what is still free: 4 of 5 places when it is alone. */
const freeShare = 4;

/** Admission of one process. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { heldMax, targetMs = 100, now = () => performance.now() } = options;
  const held = createShares();
  const queued = createShares();
  const carried = new WeakMap<object, () => void>();
  let window = Math.min(windowAtStart, heldMax);
  let interval = startInterval(now());

  function measure(waitedMs: number, at: number): void {
    interval.samples += 1;
    interval.leastMs = Math.min(interval.leastMs, waitedMs);
    if (at - interval.startedAt >= intervalMs && interval.samples >= samplesMin) {
      window = decideWindow({ ...interval, window, targetMs, heldMax });
      interval = startInterval(at);
    }
  }

  function isFull(sender: string): boolean {
    const isFree = queued.hasRoom(sender, window) && held.hasRoom(sender, heldMax);
    if (!isFree) {
      interval.refused += 1;
    }
    return !isFree;
  }

  return {
    isFull,
    enter(sender) {
      if (isFull(sender)) {
        return undefined;
      }
      const enteredAt = now();
      held.add(sender, 1);
      queued.add(sender, 1);
      interval.most = Math.max(interval.most, queued.total);
      let isQueued = true;
      const leaveQueue = (isMeasured: boolean) => {
        if (isQueued) {
          isQueued = false;
          queued.add(sender, -1);
          if (isMeasured) {
            const at = now();
            measure(at - enteredAt, at);
          }
        }
      };
      return {
        carry: (message) => carried.set(message, () => leaveQueue(true)),
        leave(outcome) {
          leaveQueue(outcome === 'served');
          held.add(sender, -1);
        },
      };
    },
    passed: (message) => carried.get(message)?.(),
    get window() {
      return window;
    },
    get queued() {
      return queued.total;
    },
    get held() {
      return held.total;
    },
  };
}

/** What is known of the requests of an interval. */
interface Interval {
  readonly startedAt: number;
  samples: number;
  leastMs: number;
  /** The most that were in the queues at once. */
  most: number;
  refused: number;
}

function startInterval(startedAt: number): Interval {
  return { startedAt, samples: 0, leastMs: Number.POSITIVE_INFINITY, most: 0, refused: 0 };
}

/**
 * A queue whose least wait is over the target stands, it is no burst (as CoDel tells them apart). Little's
 * law gives the length it may have; it shrinks at once and grows by a tenth while it was too short.
 */
export function decideWindow(
  measured: Omit<Interval, 'startedAt' | 'samples'> & {
    readonly window: number;
    readonly targetMs: number;
    readonly heldMax: number;
  },
): number {
  const { window, leastMs, targetMs, most, refused, heldMax } = measured;
  if (leastMs > targetMs) {
    const fitting = Math.floor(Math.min(window, most) * Math.max(0.5, targetMs / leastMs));
    return Math.min(heldMax, Math.max(windowMin, fitting));
  }
  const wasShort = refused > 0 || most > window / 2;
  return wasShort ? Math.min(heldMax, window + Math.ceil(window / 10)) : window;
}

/**
 * Places by sender. A sender may hold a multiple of what is free, so the one that holds most is refused first
 * and there is always room for one that comes new.
 */
function createShares() {
  const counts = new Map<string, number>();
  let total = 0;
  return {
    hasRoom: (sender: string, most: number) => (counts.get(sender) ?? 0) < freeShare * (most - total),
    add(sender: string, change: 1 | -1) {
      const count = (counts.get(sender) ?? 0) + change;
      total += change;
      if (count === 0) {
        counts.delete(sender);
      } else {
        counts.set(sender, count);
      }
    },
    get total() {
      return total;
    },
  };
}

const strangers = '?';

/**
 * Who a request says it is from, before that is proven: enough to choose whom to refuse. Whoever lies gets
 * the other one's room only until the signature is checked.
 */
export function claimedSender(signature: unknown): string {
  if (typeof signature !== 'string') {
    return strangers;
  }
  const header = Buffer.from(signature.slice(0, Math.min(signature.indexOf('.'), headerMax)), 'base64url');
  const at = header.indexOf('"iss":"');
  const end = header.indexOf('"', at + 7);
  return at < 0 || end < 0 || end - at > 80 ? strangers : header.toString('latin1', at + 7, end);
}

const headerMax = 2048;
