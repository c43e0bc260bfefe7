import {
  type CycleState,
  type Money,
  type ParticipantId,
  type PaymentId,
  parseParticipantId,
  parsePaymentId,
} from '@barlink/protocol';
import { type CycleSettlement, decodeSettlement } from './settlement.ts';
import { type Members, present } from './shape.ts';
import type { SwitchClient } from './switch-client.ts';

/** What was sent and received in one cycle and currency, netted; minor units, negative owes. */
export interface CycleNetPosition {
  readonly participant: ParticipantId;
  readonly currency: string;
  readonly net: bigint;
  /** What an earlier cycle left unsettled. */
  readonly carried: bigint;
  /** Both together: what is paid in (negative) or out. */
  readonly due: bigint;
  /** How many captured payments and refunds are in it. */
  readonly obligations: number;
}

/** A clearing cycle with the net positions this participant may see; none before it is closed. */
export interface ClearingCycle {
  readonly cycleId: number;
  readonly state: CycleState;
  readonly openedAt: Date;
  /** When it stopped taking captures. */
  readonly cutOffAt?: Date;
  readonly closedAt?: Date;
  readonly settledAt?: Date;
  readonly positions: readonly CycleNetPosition[];
}

/** What one captured payment makes one participant owe another. */
export interface Obligation {
  readonly paymentId: PaymentId;
  readonly kind: 'purchase' | 'refund';
  readonly debtor: ParticipantId;
  readonly creditor: ParticipantId;
  readonly amount: Money;
  readonly capturedAt: Date;
}

/** A page of a list; `next` names the one that follows. */
export interface PageOf<Item, Next> {
  readonly items: readonly Item[];
  readonly next?: Next;
}

/** Looking at clearing cycles: a participant sees its own positions and obligations, the operator all. */
export interface CycleReader {
  /** Latest first. */
  cycles(options?: { readonly after?: number }): Promise<PageOf<ClearingCycle, number>>;
  cycle(cycleId: number): Promise<ClearingCycle>;
  obligations(cycleId: number, options?: { readonly after?: string }): Promise<PageOf<Obligation, string>>;
  /** How far a cycle is settled. */
  settlement(cycleId: number): Promise<CycleSettlement>;
}

const cycleStates = [
  'open',
  'closing',
  'closed',
  'settling',
  'settled',
] as const satisfies readonly CycleState[];

/** The questions about cycles, below `/v1` or, for the operator, `/admin/v1`. */
export function readCycles(client: SwitchClient, root: '/v1' | '/admin/v1'): CycleReader {
  const pathOf = (rest: string, after: number | string | undefined) =>
    `${root}/cycles${rest}${after === undefined ? '' : `?after=${after}`}`;
  return {
    cycles: ({ after } = {}) =>
      client.read(pathOf('', after), (answer) => {
        const items = answer.objects('cycles').map(decodeCycle);
        return present({ items, next: answer.optionalCount('next') });
      }),
    cycle: (cycleId) => client.read(pathOf(`/${cycleId}`, undefined), decodeCycle),
    settlement: (cycleId) => client.read(pathOf(`/${cycleId}/settlement`, undefined), decodeSettlement),
    obligations: (cycleId, { after } = {}) =>
      client.read(pathOf(`/${cycleId}/obligations`, after), (answer) =>
        present({
          items: answer.objects('obligations').map(decodeObligation),
          next: answer.optionalText('next'),
        }),
      ),
  };
}

/** Reads a CycleResource. */
export function decodeCycle(from: Members): ClearingCycle {
  return present({
    cycleId: from.count('cycleId'),
    state: from.oneOf('state', cycleStates),
    openedAt: from.instant('openedAt'),
    cutOffAt: from.optionalInstant('cutOffAt'),
    closedAt: from.optionalInstant('closedAt'),
    settledAt: from.optionalInstant('settledAt'),
    positions: from.objects('positions').map((position) => ({
      participant: parseParticipantId(position.text('participant'), '/participant'),
      currency: position.text('currency'),
      net: position.integer('net'),
      carried: position.integer('carried'),
      due: position.integer('due'),
      obligations: position.count('obligations'),
    })),
  });
}

function decodeObligation(from: Members): Obligation {
  return {
    paymentId: parsePaymentId(from.text('paymentId'), '/paymentId'),
    kind: from.oneOf('kind', ['purchase', 'refund']),
    debtor: parseParticipantId(from.text('debtor'), '/debtor'),
    creditor: parseParticipantId(from.text('creditor'), '/creditor'),
    amount: from.money('amount'),
    capturedAt: from.instant('capturedAt'),
  };
}
