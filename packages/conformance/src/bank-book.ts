import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AuthorizationAnswer, Money } from '@barlink/protocol';
import type { IssuerBook } from '@barlink/sdk';

/** What a bank booked for one payment. */
export interface Booking {
  readonly paymentId: string;
  readonly account: string;
  /** `purchase` takes from the account, `refund` gives to it. */
  readonly kind: 'purchase' | 'refund';
  readonly amount: Money;
}

/** A bank's own record: what it answered, and what it took from and gave back to accounts. */
export interface BankBook extends IssuerBook {
  /** The booking of a payment that stands: approved and not undone. */
  findBooking(paymentId: string): Booking | undefined;
  /** All bookings that stand. */
  bookings(): readonly Booking[];
  /** Given minus taken, in minor units: of one account, or of all. */
  net(currency: string, account?: string): bigint;
  /** Answers and books in one step. */
  approve(booking: Booking, answer: AuthorizationAnswer): void;
  /** Takes a booking back. */
  undo(paymentId: string): Booking | undefined;
}

type Line =
  | { readonly answer: AuthorizationAnswer; readonly booking?: WireBooking }
  | { readonly undo: string };
type WireBooking = Omit<Booking, 'amount'> & { readonly currency: string; readonly minor: string };

/**
 * A book in memory, and also in a file when one is named, one JSON value a line: a bank that starts again
 * knows what it did.
 */
export function createBankBook(file?: string): BankBook {
  const answers = new Map<string, AuthorizationAnswer>();
  const bookings = new Map<string, Booking>();

  const nets = new Map<string, bigint>();

  const move = ({ kind, account, amount }: Booking, direction: 1n | -1n) => {
    const moved = (kind === 'purchase' ? -amount.minor : amount.minor) * direction;
    for (const name of [amount.currency, `${amount.currency} ${account}`]) {
      nets.set(name, (nets.get(name) ?? 0n) + moved);
    }
  };
  const apply = (line: Line) => {
    if ('undo' in line) {
      const undone = bookings.get(line.undo);
      if (undone !== undefined) {
        move(undone, -1n);
        bookings.delete(line.undo);
      }
      return;
    }
    answers.set(line.answer.paymentId, line.answer);
    if (line.booking !== undefined) {
      const { currency, minor, ...rest } = line.booking;
      const booking = { ...rest, amount: { currency, minor: BigInt(minor) } };
      bookings.set(rest.paymentId, booking);
      move(booking, 1n);
    }
  };
  const write = (line: Line) => {
    if (file !== undefined) {
      appendFileSync(file, `${JSON.stringify(line)}\n`);
    }
    apply(line);
  };
  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    readLines(file).forEach(apply);
  }

  return {
    find: (paymentId) => answers.get(paymentId),
    keep: (answer) => {
      const kept = answers.get(answer.paymentId);
      if (kept === undefined) {
        write({ answer });
      }
      return kept ?? answer;
    },
    replace: (answer) => write({ answer }),
    findBooking: (paymentId) => bookings.get(paymentId),
    net: (currency, account) => nets.get(account === undefined ? currency : `${currency} ${account}`) ?? 0n,
    bookings: () => [...bookings.values()],
    approve: ({ amount, ...booking }, answer) =>
      write({
        answer,
        booking: { ...booking, currency: amount.currency, minor: amount.minor.toString() },
      }),
    undo: (paymentId) => {
      const booking = bookings.get(paymentId);
      if (booking !== undefined) {
        write({ undo: paymentId });
      }
      return booking;
    },
  };
}

/** A last line without its end was being written when the process died: it never counted, and is cut off. */
function readLines(file: string): Line[] {
  if (!existsSync(file)) {
    return [];
  }
  const bytes = readFileSync(file);
  const wholeBytes = bytes.lastIndexOf('\n') + 1;
  if (wholeBytes < bytes.length) {
    truncateSync(file, wholeBytes);
  }
  const whole = bytes.toString('utf8', 0, wholeBytes).split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Line);
}
