import type { ClearingCycle, Payment } from '@barlink/sdk';
import type { Network } from './network.ts';
import { networkCurrency } from './plan.ts';
import {
  print,
  showCycle,
  showInstructions,
  showMoney,
  showPayment,
  showPositions,
  showSymbol,
  sumNets,
} from './print.ts';

/** The story of `npm run demo`, told on a network. Throws when an outcome is not what the story says. */
export async function runDemo(network: Network): Promise<void> {
  const jade = network.wallet('wallet-jade').wallet;
  const river = network.wallet('wallet-river').wallet;
  const [teahouse] = network.acquirer('acquirer-east').merchants;
  const [fruit] = network.acquirer('acquirer-west').merchants;
  if (teahouse === undefined || fruit === undefined) {
    throw new Error('the network has no merchants');
  }

  print('1. A payer connects accounts to a wallet app; the bank approves, the switch gives tokens.');
  const lin = await jade.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
  const ana = await river.createToken({ issuer: 'bank-south', account: 'SOUTH-1002' });
  print(`   wallet-jade: token ${lin.tokenId} for an account ending in ${lin.accountHint}`);
  print(`   wallet-river: token ${ana.tokenId} for an account ending in ${ana.accountHint}`);

  print();
  print(`2. ${teahouse.description.name} prints a static code. Its acquirer has signed it.`);
  const poster = await teahouse.staticCode();
  print(await showSymbol(poster.text));
  const scanned = await jade.scan(poster.text);
  print(`   wallet-jade scans it: ${scanned.trust}`);
  expect(scanned.trust === 'verified', 'the static code verifies');
  print('   The payer types 12.50.');
  const tea = await jade.pay({ payload: poster.text, tokenId: lin.tokenId, amount: money(1250n) });
  tell(tea, 'captured');

  print();
  print(`3. ${fruit.description.name} shows a dynamic code for one sale.`);
  const sale = await fruit.dynamicCode({ amountMinor: 3380n, reference: 'SALE-2041' });
  print(await showSymbol(sale.text));
  const seen = await river.scan(sale.text);
  expect(seen.trust === 'verified', 'the dynamic code verifies');
  print(
    `   wallet-river scans it: ${seen.trust}, ${sale.amount === undefined ? '' : showMoney(sale.amount)}`,
  );
  tell(await river.pay({ payload: sale.text, tokenId: ana.tokenId }), 'captured');

  print();
  print("4. A till scans a payer's code, which the phone made offline.");
  const shown = river.showPayerCode(ana.payerCode, 0);
  print(`   ${shown.text.replace(/(\d{4})(?=\d)/g, '$1 ')} (once, until ${shown.refreshAt.toISOString()})`);
  tell(await teahouse.accept({ payload: shown.text, amountMinor: 4600n, reference: 'TILL-3' }), 'captured');

  print();
  print('5. Part of the tea is given back.');
  tell(await teahouse.refund(tea.paymentId, { amountMinor: 450n }), 'captured');

  print();
  print('6. An account without money: the bank says no.');
  const poor = await jade.createToken({ issuer: 'bank-north', account: 'NORTH-POOR-1003' });
  tell(await jade.pay({ payload: poster.text, tokenId: poor.tokenId, amount: money(9900n) }), 'declined');

  print();
  print('7. A bank that never answers: the switch waits, asks again and undoes the payment.');
  const mute = await jade.createToken({ issuer: 'bank-north', account: 'NORTH-TIMEOUT-1005' });
  tell(await jade.pay({ payload: poster.text, tokenId: mute.tokenId, amount: money(2000n) }), 'reversed');

  print();
  print('8. Positions of the participants (received minus sent):');
  const positions = await network.operator.positions();
  print(showPositions(positions));
  for (const [currency, sum] of sumNets(positions)) {
    expect(sum === 0n, `net positions in ${currency} sum to zero`);
  }

  print();
  await settle(network);
}

/** The end of the day: what was captured is netted, and the settlement bank moves the money. */
async function settle({ operator }: Network): Promise<void> {
  const { items } = await operator.cycles();
  const { cycleId } = items[0] ?? {};
  if (cycleId === undefined) {
    throw new Error('the switch has no clearing cycle');
  }
  print(`9. The operator closes clearing cycle ${cycleId}. Payments go on, in cycle ${cycleId + 1}.`);
  await operator.closeCycle(cycleId);
  const settled = await untilSettled(operator, cycleId);
  print(showCycle(settled));
  for (const currency of new Set(settled.positions.map((position) => position.currency))) {
    const nets = settled.positions.filter((position) => position.currency === currency);
    expect(nets.reduce((sum, { net }) => sum + net, 0n) === 0n, 'what is owed is what is claimed');
  }

  print();
  print('10. The settlement bank has moved the money: debtors first, then creditors.');
  const { instructions } = await operator.settlement(cycleId);
  print(showInstructions(instructions));
  expect(
    instructions.every(({ state }) => state === 'settled'),
    'every instruction is settled',
  );
  print('    Positions afterwards:');
  const positions = await operator.positions();
  print(showPositions(positions));
  expect(
    positions.every(({ net }) => net === 0n),
    'every position is back at zero',
  );
}

async function untilSettled(operator: Network['operator'], cycleId: number): Promise<ClearingCycle> {
  for (const until = Date.now() + settleWithinMs; Date.now() < until; ) {
    const cycle = await operator.cycle(cycleId);
    if (cycle.state === 'settled') {
      return cycle;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Cycle ${cycleId} was not settled in ${settleWithinMs / 1000} s.`);
}

/** Time for a confirmation that got lost to be asked for. */
const settleWithinMs = 60_000;

function money(minor: bigint) {
  return { currency: networkCurrency, minor };
}

function tell(payment: Payment, expected: Payment['state']): void {
  print(`   ${showPayment(payment)}`);
  expect(payment.state === expected, `the payment is ${expected}`);
}

function expect(holds: unknown, what: string): asserts holds {
  if (holds !== true) {
    throw new Error(`It should be so that ${what}.`);
  }
}
