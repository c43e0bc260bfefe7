import type { Chance } from './chance.ts';
import type { World } from './world.ts';

/** How badly this run goes. Each run draws a few kinds of trouble, so that some run has each combination. */
export interface Faults {
  /** A process dies at one of the points where it waits; per point. */
  readonly crash: number;
  /** It stands still for up to a minute, and goes on as if nothing had happened. */
  readonly pause: number;
  /** A message between participants and the switch is lost, or comes twice. */
  readonly loss: number;
  readonly duplicate: number;
  /** A message takes much longer than usual. */
  readonly slow: number;
  /** The connection to the database breaks before or after a statement. */
  readonly broken: number;
  /** Clocks of processes are off by up to this much. */
  readonly skewMs: number;
  /** Connections of a process to the database. */
  readonly connections: number;
  /** Two sides cannot reach each other now. */
  isCut(one: string, other: string): boolean;
  /** Until when the database answers nobody, and whether it breaks all connections first. */
  databaseDownUntilMs(): number;
  /** Trouble ends: from now on everything works. */
  heal(): void;
  readonly isHealed: boolean;
}

/** Rates that are not left to chance. */
export type FixedFaults = Partial<Pick<Faults, 'crash' | 'pause'>>;

const calm = { crash: 0, pause: 0, loss: 0, duplicate: 0, slow: 0, broken: 0, skewMs: 0 };

/** Draws the trouble of a run. */
export function drawFaults(
  world: World,
  options: {
    readonly troubleMs: number;
    readonly sides: readonly string[];
    readonly breakAll: () => void;
    readonly fixed: FixedFaults;
  },
): Faults {
  const { chance } = world;
  const rate = (most: number) => (chance.isLikely(0.5) ? most * chance.next() : 0);
  const drawn = {
    crash: rate(0.01),
    pause: rate(0.003),
    loss: rate(0.15),
    duplicate: rate(0.2),
    slow: rate(0.1),
    broken: rate(0.02),
    skewMs: chance.pick([0, 500, 3000]),
    ...options.fixed,
  };
  const connections = chance.pick([2, 3, 8]);
  const cuts = drawCuts(chance, options);
  let downUntilMs = 0;
  for (const { atMs, forMs } of drawOutages(chance, options.troubleMs)) {
    world.after(atMs, () => {
      downUntilMs = world.nowMs() + forMs;
      world.trace(`database down for ${forMs} ms`);
      options.breakAll();
    });
  }
  const startMs = world.nowMs();
  let isHealed = false;
  const faults = {
    connections,
    isCut: (one: string, other: string) =>
      !isHealed &&
      cuts.some(({ sides, fromMs, toMs }) => {
        const atMs = world.nowMs() - startMs;
        return sides.has(one) && sides.has(other) && atMs >= fromMs && atMs < toMs;
      }),
    databaseDownUntilMs: () => (isHealed ? 0 : downUntilMs),
    heal() {
      isHealed = true;
    },
    get isHealed() {
      return isHealed;
    },
  };
  const now = () => (isHealed ? calm : drawn);
  return Object.defineProperties(faults, {
    ...Object.fromEntries(Object.keys(calm).map((name) => [name, { get: () => now()[name as 'loss'] }])),
    skewMs: { value: drawn.skewMs },
  }) as unknown as Faults;
}

interface Cut {
  readonly sides: ReadonlySet<string>;
  readonly fromMs: number;
  readonly toMs: number;
}

function drawCuts(
  chance: Chance,
  { troubleMs, sides }: { readonly troubleMs: number; readonly sides: readonly string[] },
): readonly Cut[] {
  const count = chance.isLikely(0.5) ? chance.between(1, 4) : 0;
  return Array.from({ length: count }, () => {
    const fromMs = chance.between(0, troubleMs);
    const pair = new Set([chance.pick(sides), chance.pick(sides)]);
    return { sides: pair, fromMs, toMs: fromMs + chance.between(500, 20_000) };
  });
}

function drawOutages(chance: Chance, troubleMs: number) {
  const count = chance.isLikely(0.3) ? chance.between(1, 2) : 0;
  return Array.from({ length: count }, () => ({
    atMs: chance.between(0, troubleMs),
    forMs: chance.between(200, 30_000),
  }));
}
