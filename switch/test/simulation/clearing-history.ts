import type { CycleNet, CycleStep } from '../../src/clearing/cycle.ts';
import type { Instruction, Item } from '../../src/settlement/settlement.ts';
import type { CarryRow, ObligationRow } from './memory-cycles.ts';
import type { CommittedRow } from './memory-engine.ts';
import type { SettlementEventRow } from './memory-settlement.ts';

/** A row, and which commit wrote it, counted from the beginning. */
export interface Committed<Row> {
  readonly row: Row;
  readonly commit: number;
}

/** A step of a cycle as its row is. */
export interface StepRow {
  readonly cycleId: number;
  readonly step: CycleStep;
}

/** What the database durably went through in clearing and settlement. */
export interface ClearingHistory {
  add(committed: CommittedRow, commit: number): void;
  /** By cycle: the commit that opened it; the first one was open from the beginning. */
  readonly opened: ReadonlyMap<number, number>;
  readonly steps: readonly Committed<StepRow>[];
  readonly obligations: readonly Committed<ObligationRow>[];
  readonly nets: readonly Committed<CycleNet>[];
  readonly carries: readonly Committed<CarryRow>[];
  readonly items: readonly Committed<Item>[];
  readonly instructions: readonly Committed<Instruction>[];
  readonly words: readonly Committed<SettlementEventRow>[];
  /** The switch's own accounts. */
  readonly accounts: readonly { readonly currency: string; readonly id: string }[];
  openCycle(): number;
  isSettledUpTo(cycleId: number): boolean;
  /** A closed cycle has the payment's obligation. */
  isTaken(paymentId: string): boolean;
  /** The open cycle has something to take over. */
  isCarryOpen(): boolean;
  /** Instructions that wait for the operator. */
  rejected(): readonly { readonly instructionId: string }[];
}

/** An empty history of clearing. */
export function createClearingHistory(): ClearingHistory {
  const opened = new Map<number, number>([[1, 0]]);
  const lists = {
    steps: [] as Committed<StepRow>[],
    obligations: [] as Committed<ObligationRow>[],
    nets: [] as Committed<CycleNet>[],
    carries: [] as Committed<CarryRow>[],
    items: [] as Committed<Item>[],
    instructions: [] as Committed<Instruction>[],
    words: [] as Committed<SettlementEventRow>[],
  };
  const byTable: Readonly<Record<string, Committed<unknown>[]>> = {
    'cycle events': lists.steps,
    obligations: lists.obligations,
    nets: lists.nets,
    carries: lists.carries,
    'settlement items': lists.items,
    'settlement instructions': lists.instructions,
    'settlement events': lists.words,
  };
  const taken = new Set<string>();
  const accounts: { readonly currency: string; readonly id: string }[] = [];
  const openCycle = () => Math.max(...opened.keys());
  const statesOf = (instructionId: string) =>
    lists.words.filter(({ row }) => row.instructionId === instructionId).map(({ row }) => row.state);

  return {
    ...lists,
    opened,
    accounts,
    openCycle,
    add({ table, key, row }, commit) {
      byTable[table]?.push({ row, commit });
      if (table === 'cycles') {
        opened.set(Number(key), commit);
      } else if (table === 'settlement accounts') {
        accounts.push(row as (typeof accounts)[number]);
      } else if (table === 'obligations') {
        taken.add(key);
      }
    },
    isSettledUpTo(cycleId) {
      const settled = new Set(
        lists.steps.filter(({ row }) => row.step === 'settled').map(({ row }) => row.cycleId),
      );
      return [...opened.keys()].every((id) => id >= cycleId || settled.has(id));
    },
    isTaken: (paymentId) => taken.has(paymentId),
    isCarryOpen: () => lists.carries.some(({ row }) => row.cycleId === openCycle()),
    rejected: () =>
      lists.instructions
        .filter(({ row }) => statesOf(row.id).at(-1) === 'rejected')
        .map(({ row }) => ({ instructionId: row.id })),
  };
}
