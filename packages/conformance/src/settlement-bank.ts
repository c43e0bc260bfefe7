import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SettlementWord } from '@barlink/protocol';
import {
  type ClientOptions,
  createSettlementAgent,
  type SettlementAgent,
  type SettlementAnswer,
  type SettlementInstruction,
  type TlsSettings,
} from '@barlink/sdk';

/**
 * How the settlement bank treats a participant's instructions:
 *
 * - `settle`: books at once and confirms.
 * - `accept`: says that it has it and books when `release` is called.
 * - `silent`: books, but its confirmation never arrives; an inquiry finds it settled.
 * - `lost`: answers that it has the instruction and forgets it; an inquiry finds nothing, once.
 * - `reject`: refuses for want of funds.
 */
export type SettlementBehaviour = 'settle' | 'accept' | 'silent' | 'lost' | 'reject';

/** Options of {@link createSettlementBank}. */
export interface SettlementBankOptions extends ClientOptions, TlsSettings {
  /** Its record, one JSON value a line; in memory when absent. */
  readonly file?: string;
  /** How often each confirmation is sent: 1 when absent. */
  readonly confirmations?: number;
}

/** A simulated settlement bank: it keeps participants' settlement accounts and signs what it says. */
export interface SettlementBank {
  readonly participantId: string;
  readonly agent: SettlementAgent;
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ readonly url: string }>;
  close(): Promise<void>;
  /** Of one participant, or of all. `settle` when never set. */
  setBehaviour(behaviour: SettlementBehaviour, participantId?: string): void;
  /** Books what was accepted and confirms it. */
  release(): Promise<void>;
  /** What came in minus what went out at a participant's settlement account, in minor units. */
  balance(participantId: string, currency: string): bigint;
  /** How often each instruction was booked: once, or not at all. */
  bookings(): ReadonlyMap<string, number>;
}

interface Kept {
  readonly instruction: SettlementInstruction;
  readonly answer: SettlementAnswer & { readonly outcome: Exclude<SettlementWord['outcome'], 'not_found'> };
}

/** A settlement bank over HTTP. Participants may overdraw their accounts there until a test says no. */
export function createSettlementBank(options: SettlementBankOptions): SettlementBank {
  const { participantId, confirmations = 1, file } = options;
  const kept = new Map<string, Kept>();
  const booked = new Map<string, number>();
  const balances = new Map<string, bigint>();
  const behaviours = new Map<string, SettlementBehaviour>();
  const lost = new Set<string>();
  let isOpen = true;

  const behaviourOf = (id: string) => behaviours.get(id) ?? behaviours.get('') ?? 'settle';

  /** Keeps what is said of an instruction, and books it the first time it is settled. */
  function keep(instruction: SettlementInstruction, answer: Kept['answer']): void {
    if (file !== undefined) {
      appendFileSync(file, `${JSON.stringify({ instruction, answer }, bigintAsText)}\n`);
    }
    apply(instruction, answer);
  }

  function apply(instruction: SettlementInstruction, answer: Kept['answer']): void {
    if (answer.outcome === 'settled') {
      book(instruction);
    }
    kept.set(instruction.instructionId, { instruction, answer });
  }

  function book({ instructionId, participant, direction, amount }: SettlementInstruction): void {
    const account = `${participant} ${amount.currency}`;
    const moved = direction === 'pay_in' ? -amount.minor : amount.minor;
    balances.set(account, (balances.get(account) ?? 0n) + moved);
    booked.set(instructionId, (booked.get(instructionId) ?? 0) + 1);
  }

  function receive(instruction: SettlementInstruction): SettlementAnswer {
    const { instructionId, participant } = instruction;
    const known = kept.get(instructionId);
    if (known !== undefined) {
      return known.answer;
    }
    const reference = `RTGS-${instructionId.slice(-12)}`;
    switch (behaviourOf(participant)) {
      case 'reject':
        keep(instruction, { outcome: 'rejected', reason: 'INSUFFICIENT_FUNDS' });
        return confirmSoon(instructionId);
      case 'accept':
        keep(instruction, { outcome: 'accepted', reference });
        return confirmSoon(instructionId);
      case 'lost':
        if (!lost.has(instructionId)) {
          lost.add(instructionId);
          return { outcome: 'accepted' };
        }
        break;
      case 'silent':
        keep(instruction, { outcome: 'settled', reference });
        return { outcome: 'accepted' };
      default:
    }
    keep(instruction, { outcome: 'settled', reference });
    return confirmSoon(instructionId);
  }

  /** The answer says that it is there; the confirmation, which is a message of its own, what became of it. */
  function confirmSoon(instructionId: string): SettlementAnswer {
    setImmediate(() => void confirm(instructionId).catch(() => undefined));
    return kept.get(instructionId)?.answer ?? { outcome: 'not_found' };
  }

  async function confirm(instructionId: string): Promise<void> {
    const found = kept.get(instructionId);
    for (let sent = 0; sent < confirmations && found !== undefined && isOpen; sent += 1) {
      await agent.confirm(instructionId, found.answer);
    }
  }

  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    for (const { instruction, answer } of readLines(file)) {
      apply(instruction, answer);
    }
  }
  const agent = createSettlementAgent({
    ...options,
    onInstruction: receive,
    onInquiry: (instructionId) => kept.get(instructionId)?.answer ?? { outcome: 'not_found' },
  });

  return {
    participantId,
    agent,
    listen: (place) => agent.listen(place),
    close: () => {
      isOpen = false;
      return agent.close();
    },
    setBehaviour: (behaviour, id = '') => {
      behaviours.set(id, behaviour);
    },
    async release() {
      for (const [instructionId, found] of kept) {
        if (found.answer.outcome === 'accepted') {
          keep(found.instruction, { ...found.answer, outcome: 'settled' });
          await confirm(instructionId);
        }
      }
    },
    balance: (id, currency) => balances.get(`${id} ${currency}`) ?? 0n,
    bookings: () => booked,
  };
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function readLines(file: string): readonly Kept[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // What follows the last end of a line was being written when the process died.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const { instruction, answer } = JSON.parse(line) as Kept;
      const amount = { ...instruction.amount, minor: BigInt(instruction.amount.minor) };
      return { instruction: { ...instruction, amount }, answer };
    });
}
