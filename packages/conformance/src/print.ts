import { formatDecimal, type Money } from '@barlink/protocol';
import type { NetPosition, Payment, PaymentTrace } from '@barlink/sdk';
import { toString as drawQr } from 'qrcode';

/** A line of the run. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** `12.50 CNY`. */
export function showMoney(money: Money): string {
  return `${formatDecimal(money)} ${money.currency}`;
}

/** One payment in one line. */
export function showPayment(payment: Payment): string {
  const { state, reason, amount, merchant, issuer, acquirer, paymentId, kind } = payment;
  const why = reason === undefined ? '' : ` (${reason})`;
  const way = kind === 'purchase' ? `${issuer} to ${acquirer}` : `${acquirer} to ${issuer}`;
  return `${kind} of ${showMoney(amount)}, ${way} (${merchant.name}): ${state}${why}  ${paymentId}`;
}

/** A QR symbol for a dark or light terminal, small. */
export async function showSymbol(text: string): Promise<string> {
  return (await drawQr(text, { type: 'utf8', errorCorrectionLevel: 'M', margin: 2 })).trimEnd();
}

/** Everyone's positions as a table, with their sums. */
export function showPositions(positions: readonly NetPosition[]): string {
  const rows = positions.map(({ participant, currency, net, netDebitCap, reserved, headroom }) => [
    participant,
    currency,
    ...[net, netDebitCap, reserved, headroom].map((minor) => formatDecimal({ currency, minor })),
  ]);
  const sums = [...sumNets(positions)].map(([currency, sum]) => [
    'sum',
    currency,
    formatDecimal({ currency, minor: sum }),
  ]);
  return showTable([['participant', '', 'net', 'net debit cap', 'reserved', 'headroom'], ...rows, ...sums]);
}

/** Net positions summed per currency: zero, or money was made or lost. */
export function sumNets(positions: readonly NetPosition[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { currency, net } of positions) {
    sums.set(currency, (sums.get(currency) ?? 0n) + net);
  }
  return sums;
}

/** What happened to a payment, step by step, and which signed messages prove it. */
export function showTrace(trace: PaymentTrace): string {
  const events = listOf(trace.events).map((event) =>
    ['  event', textOf(event.at), textOf(event.state), textOf(event.reason)].join('  ').trimEnd(),
  );
  const messages = listOf(trace.messages).map((message) =>
    [
      '  signed',
      textOf(message.receivedAt),
      textOf(message.sender),
      textOf(message.method),
      textOf(message.target),
      `${textOf(message.signature).slice(-16)}`,
    ].join('  '),
  );
  return [...messages, ...events].join('\n');
}

/** Rows of texts in columns; numbers stand right. */
export function showTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
