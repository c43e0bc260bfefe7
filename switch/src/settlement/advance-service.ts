import type { Ledger, NewTransfer } from '@barlink/ledger';
import type { ParticipantId } from '@barlink/protocol';
import {
  type Carry,
  type ClearingService,
  dueOf,
  ledgerOf,
  type SettledCycles,
  toCycleNotifications,
} from '../clearing/index.ts';
import type { Queryable } from '../database/index.ts';
import type { Notification, NotificationService } from '../notifications/index.ts';
import {
  decidePayOuts,
  type Instruction,
  type Item,
  instructionStateOf,
  isEnded,
  latestOf,
  type PayOut,
  toInstructionMessage,
} from './settlement.ts';
import type { SettlementStore } from './store.ts';

/** Steps of settling a cycle, each in the caller's transaction and under the lock of the cycle's row. */
export interface Advancer {
  /** Begins: sets aside what will be paid out, and instructs what is to be paid in. */
  start(connection: Queryable, cycleId: number, agentId: ParticipantId): Promise<readonly Notification[]>;
  /** Goes as far as what has ended allows: pay-outs after the pay-ins, settled after the pay-outs. */
  advance(connection: Queryable, cycleId: number, agentId: ParticipantId): Promise<readonly Notification[]>;
  /** Moves the money of an instruction that was settled. */
  post(connection: Queryable, instruction: Instruction): Promise<void>;
  /** The operator had the instruction tried again. */
  retry(connection: Queryable, instruction: Instruction): Promise<readonly Notification[]>;
  /** The operator had a pay-out carried over: what was set aside for it is free again. */
  rollPayOut(connection: Queryable, instruction: Instruction): Promise<void>;
}

/** What settling works with. */
export interface AdvancerOptions {
  readonly store: SettlementStore;
  readonly cycles: SettledCycles;
  readonly getAccounts: ClearingService['getAccounts'];
  readonly ledger: Ledger;
  readonly notifications: Pick<NotificationService, 'write'>;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** What transfers and accounts of settlement stand for (`code` in the ledger). */
export const settlementCode = 20;

/** Settling on the ledger and the tables of settlement (spec/clearing.md 4 to 6). */
export function createAdvancer(options: AdvancerOptions): Advancer {
  const { store, cycles, notifications, now, newId } = options;
  const money = createMoney(options);

  async function instruct(
    connection: Queryable,
    drafts: readonly Omit<Instruction, 'id' | 'createdAt' | 'events'>[],
  ): Promise<readonly Notification[]> {
    if (drafts.length === 0) {
      return [];
    }
    const made = drafts.map(
      (draft): Instruction => ({
        ...draft,
        id: newId(),
        createdAt: now(),
        events: [],
      }),
    );
    await store.insertInstructions(connection, made);
    const told = made.map(
      (instruction): Notification => ({
        id: newId(),
        participantId: instruction.agentId,
        kind: 'instruction',
        body: JSON.stringify(toInstructionMessage(instruction)),
      }),
    );
    await notifications.write(connection, told);
    return told;
  }

  async function advance(
    connection: Queryable,
    cycleId: number,
    agentId: ParticipantId,
  ): Promise<readonly Notification[]> {
    const items = await store.listItems(connection, cycleId);
    const instructions = await store.listInstructions(connection, cycleId);
    const fixed = new Set(await store.listPayOuts(connection, cycleId));
    const told: Notification[] = [];
    let isDone = true;
    for (const currency of new Set(items.map((item) => item.currency))) {
      const own = items.filter((item) => item.currency === currency);
      const payIns = own.filter(({ due }) => due < 0n);
      const hasEnded = (item: Item) => {
        const latest = latestOf(item, instructions);
        return latest !== undefined && isEnded(latest);
      };
      if (fixed.has(currency)) {
        const isOpen = own.some((item) => latestOf(item, instructions) !== undefined && !hasEnded(item));
        isDone = isDone && !isOpen;
      } else if (payIns.every(hasEnded)) {
        const made = await payOut(connection, { cycleId, currency, agentId, items: own, instructions });
        told.push(...made);
        isDone = isDone && made.length === 0;
      } else {
        isDone = false;
      }
    }
    return isDone ? [...told, ...(await finish(connection, cycleId))] : told;
  }

  /** The pay-ins of a currency have ended: fixes and instructs the pay-outs. */
  async function payOut(
    connection: Queryable,
    due: {
      readonly cycleId: number;
      readonly currency: string;
      readonly agentId: ParticipantId;
      readonly items: readonly Item[];
      readonly instructions: readonly Instruction[];
    },
  ): Promise<readonly Notification[]> {
    const { cycleId, currency, agentId, items, instructions } = due;
    if (!(await store.enterPayOuts(connection, { cycleId, currency, at: now() }))) {
      throw new Error(`pay-outs of cycle ${cycleId} in ${currency} were fixed under its lock`);
    }
    const isRolled = (item: Item) => {
      const latest = latestOf(item, instructions);
      return latest !== undefined && instructionStateOf(latest) === 'rolled';
    };
    const payOuts = decidePayOuts(items, new Set(items.filter(isRolled)));
    await cycles.insertCarries(connection, toCarries(payOuts, { at: now(), newId }));
    const unpaid = payOuts.filter(({ item, amount }) => item.due > 0n && amount === 0n);
    await money.release(
      connection,
      unpaid.map(({ item }) => item),
    );
    return instruct(
      connection,
      payOuts
        .filter(({ amount }) => amount > 0n)
        .map(({ item, amount }) => {
          const { participantId } = item;
          return { cycleId, currency, participantId, direction: 'pay_out', amount, attempt: 1, agentId };
        }),
    );
  }

  async function finish(connection: Queryable, cycleId: number): Promise<readonly Notification[]> {
    const at = now();
    await cycles.enter(connection, { cycleId, step: 'settled', at });
    const cycle = await cycles.find(connection, cycleId);
    if (cycle === undefined) {
      throw new Error(`cycle ${cycleId} is gone`);
    }
    const nets = await cycles.listNets(connection, cycleId);
    const told = toCycleNotifications(cycle, { type: 'cycle.settled', nets, at, newId });
    await notifications.write(connection, told);
    return told;
  }

  return {
    async start(connection, cycleId, agentId) {
      await cycles.enter(connection, { cycleId, step: 'settling', at: now() });
      const dues = (await cycles.listNets(connection, cycleId)).flatMap((net) => {
        const { currency, participantId } = net;
        const item = { cycleId, currency, participantId, due: dueOf(net), setAside: 0n };
        return item.due === 0n ? [] : [{ ...item, setAsideId: item.due > 0n ? newId() : undefined }];
      });
      if (dues.length === 0) {
        return finish(connection, cycleId);
      }
      const items = await money.setAside(connection, dues);
      await store.insertItems(connection, items);
      const payIns = items.filter(({ due }) => due < 0n);
      const told = await instruct(
        connection,
        payIns.map(({ currency, participantId, due }) => {
          return { cycleId, currency, participantId, direction: 'pay_in', amount: -due, attempt: 1, agentId };
        }),
      );
      return [...told, ...(await advance(connection, cycleId, agentId))];
    },
    advance,
    post: async (connection, instruction) => {
      const items = await store.listItems(connection, instruction.cycleId);
      await money.post(connection, instruction, itemOf(instruction, items));
    },
    retry: (connection, { id: _id, createdAt: _at, events: _events, attempt, ...rest }) =>
      instruct(connection, [{ ...rest, attempt: attempt + 1 }]),
    async rollPayOut(connection, instruction) {
      const { amount, cycleId } = instruction;
      const item = itemOf(instruction, await store.listItems(connection, cycleId));
      await money.release(connection, [item]);
      await cycles.insertCarries(
        connection,
        toCarries([{ item, amount: 0n, carry: amount }], { at: now(), newId }),
      );
    },
  };
}

function itemOf({ participantId, currency }: Instruction, items: readonly Item[]): Item {
  const item = items.find((one) => one.participantId === participantId && one.currency === currency);
  if (item === undefined) {
    throw new Error(`${participantId} has nothing to settle in ${currency}`);
  }
  return item;
}

function toCarries(
  payOuts: readonly PayOut[],
  made: { readonly at: Date; readonly newId: () => string },
): readonly Carry[] {
  return payOuts
    .filter(({ carry }) => carry !== 0n)
    .map(({ item, carry }) => ({
      id: made.newId(),
      fromCycleId: item.cycleId,
      participantId: item.participantId,
      currency: item.currency,
      amount: carry,
      at: made.at,
    }));
}

/** What settlement moves in the ledger, between positions and the switch's own account. */
function createMoney({ store, getAccounts, ledger, newId }: AdvancerOptions) {
  async function accountOf(connection: Queryable, currency: string): Promise<string> {
    const { id, isNew } = await store.enterAccount(connection, { currency, id: newId() });
    if (isNew) {
      const [made] = await ledger.createAccounts(
        [{ id, ledger: ledgerOf(currency), code: settlementCode }],
        connection,
      );
      assertCreated([made?.result]);
    }
    return id;
  }

  async function move(connection: Queryable, transfers: readonly NewTransfer[]): Promise<void> {
    if (transfers.length > 0) {
      const made = await ledger.createTransfers(transfers, connection);
      assertCreated(made.map(({ result }) => result));
    }
  }

  return {
    /** Reserves what will be paid out, as far as the participant has not spent it again. */
    async setAside(connection: Queryable, items: readonly Item[]): Promise<readonly Item[]> {
      const wanted: NewTransfer[] = [];
      for (const { setAsideId, currency, participantId, due } of items) {
        const creditAccountId = await accountOf(connection, currency);
        if (setAsideId !== undefined) {
          const { positionAccountId } = await getAccounts(participantId, currency);
          wanted.push({
            id: setAsideId,
            debitAccountId: positionAccountId,
            creditAccountId,
            amount: due,
            ledger: ledgerOf(currency),
            code: settlementCode,
            flags: ['pending', 'balancing_debit'],
          });
        }
      }
      await move(connection, wanted);
      const kept = await ledger.lookupTransfers(
        wanted.map(({ id }) => id),
        connection,
      );
      const amounts = new Map(kept.map(({ id, amount }) => [id, amount]));
      return items.map((item) => ({ ...item, setAside: amounts.get(item.setAsideId ?? '') ?? 0n }));
    },
    release: (connection: Queryable, items: readonly Item[]) =>
      move(
        connection,
        items.flatMap(({ setAsideId }) =>
          setAsideId === undefined
            ? []
            : [{ id: newId(), pendingId: setAsideId, flags: ['void_pending_transfer' as const] }],
        ),
      ),
    /** The transfer has the id of its instruction: a second one cannot be. */
    async post(connection: Queryable, instruction: Instruction, item: Item): Promise<void> {
      const { id, direction, currency, participantId, amount } = instruction;
      if (direction === 'pay_in') {
        const { positionAccountId } = await getAccounts(participantId, currency);
        const debitAccountId = await accountOf(connection, currency);
        const accounts = { debitAccountId, creditAccountId: positionAccountId };
        await move(connection, [
          { id, ...accounts, amount, ledger: ledgerOf(currency), code: settlementCode },
        ]);
      } else if (item.setAsideId !== undefined) {
        // What was set aside and is not paid out is free again.
        await move(connection, [
          { id, pendingId: item.setAsideId, amount, flags: ['post_pending_transfer'] },
        ]);
      }
    },
  };
}

function assertCreated(results: readonly (string | undefined)[]): void {
  const other = results.find((result) => result !== 'created');
  if (other !== undefined || results.length === 0) {
    throw new Error(`the ledger answered ${other ?? 'nothing'} to settlement`);
  }
}
