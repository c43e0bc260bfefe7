import { createNetwork, type Network } from './network.ts';
import { print, showPayment, showTrace } from './print.ts';
import { readSettings, type Settings } from './settings.ts';
import { type SwitchProcess, startSwitch } from './switch-process.ts';

/** `npm start`: the switch and the demonstration network, until Ctrl-C. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const stopAsked = waitForSignal();
  print('Starting the switch (the first time it sets up its database) ...');
  const started = await startSwitch({ ...settings, group: 'own' });
  let network: Network | undefined;
  try {
    network = await createNetwork({ folder: settings.folder, switchUrl: started.url });
    printOverview(started, settings);
    await payOnce(network);
    printNext(started);
    await Promise.race([stopAsked, started.ended.then(() => Promise.reject(new Error('The switch ended.')))]);
    print('\nStopping ...');
  } finally {
    // The switch first: what is under way ends with every participant still there.
    await started.stop();
    await network?.close();
  }
}

function printOverview({ url, logFile }: SwitchProcess, { folder }: Settings): void {
  print();
  print(`Barlink runs at ${url}`);
  print(`  state    ${folder}`);
  print(`  log      ${logFile}`);
  print('  banks    bank-north, bank-south');
  print('  wallets  wallet-jade, wallet-river');
  print('  acquirers acquirer-east (Old Street Teahouse, Riverside Books)');
  print('           acquirer-west (Green Hill Fruit, City Metro)');
}

async function payOnce(network: Network): Promise<void> {
  const { wallet } = network.wallet('wallet-jade');
  const [teahouse] = network.acquirer('acquirer-east').merchants;
  if (teahouse === undefined) {
    throw new Error('the network has no merchants');
  }
  const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
  const { text } = await teahouse.dynamicCode({ amountMinor: 1250n, reference: 'FIRST-CUP' });
  const payment = await wallet.pay({ payload: text, tokenId });
  print();
  print('A first payment:');
  print(`  ${showPayment(payment)}`);
  print('Its trace:');
  print(showTrace(await network.operator.trace(payment.paymentId)));
}

function printNext({ url }: SwitchProcess): void {
  print();
  print('Try next, in another terminal:');
  print('  npm run demo                       pay, refund, decline and time out on this network');
  print(`  curl ${url}/v1/keys      the keys the switch signs with`);
  print(`  curl ${url}/metrics      what it counts`);
  print('  examples/                          programs to start from');
  print('Ctrl-C stops everything; starting again keeps the data.');
}

/** A signal stops cleanly; npm passes Ctrl-C on, so the same one may come twice. */
function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve());
    }
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`\nBarlink could not run: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
