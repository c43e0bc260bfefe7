import { formatUuid7 } from '@barlink/protocol';
import type { Faults } from './faults.ts';
import type { DatabaseWire } from './memory-database.ts';
import { databaseError } from './memory-engine.ts';
import type { World } from './world.ts';

/**
 * One life of a switch process, from start to crash. Everything it waits for goes through here; once it is
 * over, nothing it still waited for ever comes.
 */
export interface Life {
  readonly name: string;
  isOver(): boolean;
  now(): Date;
  newId(): string;
  /** Waits, if the process lives to see the end of it. */
  sleep(delayMs: number, what: string): Promise<void>;
  /** Runs work later, unless the process is dead by then. */
  after(delayMs: number, what: string, work: () => void): () => void;
  soon(work: () => void): void;
  repeat(work: () => void, everyMs: number): () => void;
  /** Its side of the connections to the database. */
  readonly wire: DatabaseWire;
  end(): void;
}

/** A life; `onCrash` hears of its end when chance ends it. */
export function beginLife(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly name: string;
  readonly onCrash: () => void;
}): Life {
  const { world, faults, name, onCrash } = options;
  const { chance } = world;
  const skewMs = chance.between(-faults.skewMs, faults.skewMs);
  let isOver = false;
  let pausedUntilMs = 0;

  /** True when the process dies at this point, or has died before. */
  function dies(what: string): boolean {
    if (!isOver && faults.crash > 0 && chance.isLikely(faults.crash)) {
      die(what);
    }
    return isOver;
  }

  function die(what: string): void {
    if (!isOver) {
      world.trace(`${name} dies at ${what}`);
      isOver = true;
      onCrash();
    }
  }

  /** What stood still for long is often killed soon after it goes on. */
  function standStill(what: string): void {
    const forMs = chance.between(2000, 90_000);
    pausedUntilMs = world.nowMs() + forMs;
    world.trace(`${name} stands still at ${what} for ${forMs} ms`);
    if (chance.isLikely(0.5)) {
      world.after(forMs + chance.between(0, 100), () => die('its end'));
    }
  }

  function after(delayMs: number, what: string, work: () => void): () => void {
    let cancel = world.after(delayMs, function fire() {
      if (isOver) {
        return;
      }
      if (faults.pause > 0 && pausedUntilMs <= world.nowMs() && chance.isLikely(faults.pause)) {
        standStill(what);
      }
      if (pausedUntilMs > world.nowMs()) {
        cancel = world.after(pausedUntilMs - world.nowMs(), fire);
      } else if (!dies(what)) {
        work();
      }
    });
    return () => cancel();
  }

  const sleep = (delayMs: number, what: string) =>
    new Promise<void>((resolve) => {
      after(delayMs, what, resolve);
    });

  const now = () => new Date(world.nowMs() + skewMs);
  return {
    name,
    isOver: () => isOver,
    now,
    newId: () => formatUuid7(now().getTime(), chance.bytes(10)),
    sleep,
    after,
    soon: (work) => void after(0, 'soon', work),
    repeat(work, everyMs) {
      let isStopped = false;
      const again = () => {
        if (!isStopped) {
          work();
          after(everyMs, 'repeat', again);
        }
      };
      after(everyMs, 'repeat', again);
      return () => {
        isStopped = true;
      };
    },
    wire: createWire({ world, faults, name, sleep }),
    end() {
      isOver = true;
    },
  };
}

/** Statements take a little time; connections break on the way there and on the way back. */
function createWire(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly name: string;
  readonly sleep: Life['sleep'];
}): DatabaseWire {
  const { world, faults, name, sleep } = options;
  const { chance } = world;

  async function travel(what: string, way: 'out' | 'back'): Promise<void> {
    await sleep(
      chance.between(0, 2) + (chance.isLikely(faults.slow / 4) ? chance.between(5, 3000) : 0),
      what,
    );
    if (faults.databaseDownUntilMs() > world.nowMs()) {
      throw databaseError('ECONNREFUSED', 'connect ECONNREFUSED');
    }
    if (chance.isLikely(faults.broken)) {
      world.trace(`${name} loses its connection ${way === 'out' ? 'before' : 'after'} ${what}`);
      throw databaseError('08006', 'Connection terminated unexpectedly');
    }
    world.trace(`${name} ${what} ${way}`);
  }

  return { out: (what) => travel(what, 'out'), back: (what) => travel(what, 'back') };
}
