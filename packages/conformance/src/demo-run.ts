import {
  type ClearingCycle,
  type CreatedToken,
  type MerchantClient,
  type Payment,
  SdkError,
  type Wallet,
} from '@barlink/sdk';
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
  const lin = await createLimitedToken(jade, teahouse);
  const ana = await river.createToken({ issuer: 'bank-south', account: 'SOUTH-1002' });
  print(`   wallet-river: token ${ana.tokenId} for an account ending in ${ana.accountHint}, without limits`);

  print();
  print(`2. ${teahouse.description.name} prints a static code. Its acquirer has signed it.`);
  const poster = await teahouse.staticCode();
  print(await showSymbol(poster.text));
  const scanned = await jade.scan(poster.text);
  print(`   wallet-jade scans it: ${scanned.trust}`);
  expect(scanned.trust === 'verified', 'the static code verifies');
  print('   The payer types 12.50; the phone confirms it with its first cryptogram.');
  const twelve = { tokenId: lin.tokenId, amount: money(1250n) };
  const once = { provision: lin.payerCode, counter: 1 };
  const tea = await jade.pay({ ...twelve, payload: poster.text, device: once });
  tell(tea, 'captured');

  print();
  print(`3. The same token is tried at ${fruit.description.name}, where it is not good.`);
  const other = await fruit.staticCode();
  const twice = { provision: lin.payerCode, counter: 2 };
  const refusal = await refusalOf(jade.pay({ ...twelve, payload: other.text, device: twice }));
  print(`   refused: ${refusal}, as for a token that does not exist. Only its bank is told why.`);
  expect(refusal === 'TOKEN_UNKNOWN', 'a token is unknown where it is not good');

  print();
  print(`4. ${fruit.description.name} shows a dynamic code for one sale.`);
  const sale = await fruit.dynamicCode({ amountMinor: 3380n, reference: 'SALE-2041' });
  print(await showSymbol(sale.text));
  const seen = await river.scan(sale.text);
  expect(seen.trust === 'verified', 'the dynamic code verifies');
  print(
    `   wallet-river scans it: ${seen.trust}, ${sale.amount === undefined ? '' : showMoney(sale.amount)}`,
  );
  tell(await river.pay({ payload: sale.text, tokenId: ana.tokenId }), 'captured');

  print();
  print("5. A till scans a payer's code, which the phone made offline.");
  const shown = river.showPayerCode(ana.payerCode, 0);
  print(`   ${shown.text.replace(/(\d{4})(?=\d)/g, '$1 ')} (once, until ${shown.refreshAt.toISOString()})`);
  tell(await teahouse.accept({ payload: shown.text, amountMinor: 4600n, reference: 'TILL-3' }), 'captured');

  print();
  print('6. Part of the tea is given back.');
  tell(await teahouse.refund(tea.paymentId, { amountMinor: 450n }), 'captured');

  print();
  await meetBadNews(jade, poster.text);

  print();
  print('9. Positions of the participants (received minus sent):');
  const positions = await network.operator.positions();
  print(showPositions(positions));
  for (const [currency, sum] of sumNets(positions)) {
    expect(sum === 0n, `net positions in ${currency} sum to zero`);
  }

  print();
  await settle(network);
}

/** A token with limits of every kind. */
async function createLimitedToken(
  wallet: Pick<Wallet, 'createToken'>,
  { description: { id: merchantId, name } }: Pick<MerchantClient, 'description'>,
): Promise<CreatedToken> {
  const limit = money(5000n);
  const token = await wallet.createToken({
    issuer: 'bank-north',
    account: 'NORTH-1001',
    presentments: ['merchant'],
    merchants: [{ acquirer: 'acquirer-east', merchantId }],
    useLimits: [{ period: 'day', count: 3, amount: limit }],
    cryptogram: 'required',
  });
  print(`   wallet-jade: token ${token.tokenId} for an account ending in ${token.accountHint},`);
  print(`     good at ${name} only, for three payments and ${showMoney(limit)} a day,`);
  print('     each confirmed by a cryptogram that the phone makes');
  return token;
}

/** A bank that declines and a bank that is silent. */
async function meetBadNews(wallet: Wallet, payload: string): Promise<void> {
  print('7. An account without money: the bank says no.');
  const poor = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-POOR-1003' });
  tell(await wallet.pay({ payload, tokenId: poor.tokenId, amount: money(9900n) }), 'declined');

  print();
  print('8. A bank that never answers: the switch waits, asks again and undoes the payment.');
  const mute = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-TIMEOUT-1005' });
  tell(await wallet.pay({ payload, tokenId: mute.tokenId, amount: money(2000n) }), 'reversed');
}

/** The end of the day: what was captured is netted, and the settlement bank moves the money. */
async function settle({ operator }: Network): Promise<void> {
  const { items } = await operator.cycles();
  const { cycleId } = items[0] ?? {};
  if (cycleId === undefined) {
    throw new Error('the switch has no clearing cycle');
  }
  print(`10. The operator closes clearing cycle ${cycleId}. Payments go on, in cycle ${cycleId + 1}.`);
  await operator.closeCycle(cycleId);
  const settled = await untilSettled(operator, cycleId);
  print(showCycle(settled));
  for (const currency of new Set(settled.positions.map((position) => position.currency))) {
    const nets = settled.positions.filter((position) => position.currency === currency);
    expect(nets.reduce((sum, { net }) => sum + net, 0n) === 0n, 'what is owed is what is claimed');
  }

  print();
  print('11. The settlement bank has moved the money: debtors first, then creditors.');
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

/** The code of a refusal. */
async function refusalOf(payment: Promise<Payment>): Promise<string> {
  try {
    return (await payment).state;
  } catch (error) {
    if (error instanceof SdkError) {
      return error.code;
    }
    throw error;
  }
}

function expect(holds: unknown, what: string): asserts holds {
  if (holds !== true) {
    throw new Error(`It should be so that ${what}.`);
  }
}
