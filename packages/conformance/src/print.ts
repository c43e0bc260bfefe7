import { formatDecimal, type Money } from '@barlink/protocol';
import type { ClearingCycle, InstructionStatus, NetPosition, Payment, PaymentTrace } from '@barlink/sdk';
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

/** Net positions of a clearing cycle as a table. */
export function showCycle({ positions }: ClearingCycle): string {
  const rows = positions.map(({ participant, currency, net, carried, due, obligations }) => [
    participant,
    currency,
    String(obligations),
    ...[net, carried, due].map((minor) => formatDecimal({ currency, minor })),
  ]);
  return showTable([['participant', '', 'payments', 'net', 'carried', 'due'], ...rows]);
}

/** What the settlement bank was told to move, and how that stands. */
export function showInstructions(instructions: readonly InstructionStatus[]): string {
  return showTable(
    instructions.map(({ participant, direction, amount, state, reference = '' }) => [
      participant,
      direction === 'pay_in' ? 'pays in' : 'is paid',
      showMoney(amount),
      state,
      reference,
    ]),
  );
}

/** Net positions summed per currency: zero, or money was made or lost. */
export function sumNets(positions: readonly NetPosition[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { currency, net } of positions) {
    sums.set(currency, (sums.get(currency) ?? 0n) + net);
  }
  return sums;
}

/** What happened to a payment, in order, and the ends of the signatures that prove it. */
export function showTrace({ payment, events, messages }: PaymentTrace): string {
  const { createdAt, paymentId, amount, issuer } = payment;
  const steps = [
    ...messages.map(({ receivedAt, sender, method, target, signature }) => ({
      at: receivedAt,
      what: `${sender} sends ${method} ${target}`,
      proof: showSignature(signature),
    })),
    { at: createdAt, what: `the switch opens it and reserves ${showMoney(amount)}`, proof: paymentId },
    ...events.map(({ at, state, reason, evidence, transferId }) => ({
      at,
      what: [state, reason && `(${reason})`, evidence && `on the word of ${issuer}`]
        .filter(Boolean)
        .join(' '),
      proof: evidence === undefined ? (transferId ?? '') : showSignature(evidence.signature),
    })),
  ];
  steps.sort((left, right) => left.at.getTime() - right.at.getTime());
  const rows = steps.map(({ at, what, proof }) => [at.toISOString().slice(11, 23), what, proof]);
  return showTable(rows);
}

function showSignature(signature: string): string {
  return `signed ...${signature.slice(-12)}`;
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
