import { createRecent, type Recent } from '@barlink/protocol';

/** Wrong payer codes a terminal may show in {@link windowMs}, and all terminals of an acquirer together. */
export const terminalWrongMax = 10;
export const acquirerWrongMax = 1000;
export const windowMs = 60_000;
/** Terminals of one acquirer that are remembered at least: a name costs an acquirer nothing. */
const terminalsLeast = 1000;

/** Where a payer code was scanned. */
export interface Terminal {
  readonly acquirer: string;
  /** As its acquirer calls it. */
  readonly terminal: string;
}

/** Counts wrong payer codes by terminal, in bounded memory; each process counts for itself. */
export interface TerminalLimit {
  /** True while codes of this terminal are refused unseen. */
  isOver(terminal: Terminal, now: Date): boolean;
  countWrong(terminal: Terminal, now: Date): void;
}

interface Count {
  since: number;
  wrong: number;
}

/** A limit with nothing counted. */
export function createTerminalLimit(): TerminalLimit {
  const acquirers = new Map<string, { readonly all: Count; readonly terminals: Recent<string, Count> }>();

  function countOf(count: Count | undefined, now: Date): Count | undefined {
    return count !== undefined && now.getTime() - count.since < windowMs ? count : undefined;
  }

  function add(count: Count | undefined, now: Date): Count {
    const running = countOf(count, now);
    return { since: running?.since ?? now.getTime(), wrong: (running?.wrong ?? 0) + 1 };
  }

  return {
    isOver({ acquirer, terminal }, now) {
      const known = acquirers.get(acquirer);
      return (
        (countOf(known?.all, now)?.wrong ?? 0) >= acquirerWrongMax ||
        (countOf(known?.terminals.get(terminal), now)?.wrong ?? 0) >= terminalWrongMax
      );
    },
    countWrong({ acquirer, terminal }, now) {
      const known = acquirers.get(acquirer);
      const terminals = known?.terminals ?? createRecent<string, Count>(terminalsLeast);
      terminals.set(terminal, add(terminals.get(terminal), now));
      acquirers.set(acquirer, { all: add(known?.all, now), terminals });
    },
  };
}
