import { runDemo } from './demo-run.ts';
import { createNetwork, type Network } from './network.ts';
import { print } from './print.ts';
import { readSettings, type Settings } from './settings.ts';
import { startSwitch } from './switch-process.ts';

/** `npm run demo`: on the network that runs, else on one started for the run. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const runningUrl = `http://127.0.0.1:${settings.port}`;
  if (await isNetworkAt(runningUrl, settings)) {
    print(`Using the network that runs at ${runningUrl}.\n`);
    const network = await createNetwork({ folder: settings.folder, switchUrl: runningUrl, mode: 'join' });
    await runDemo(network).finally(() => network.close());
    return;
  }
  print('No network runs here: starting one for this run.');
  const started = await startSwitch({ ...settings, port: 0 });
  let network: Network | undefined;
  try {
    network = await createNetwork({ folder: settings.folder, switchUrl: started.url });
    print(`The switch answers at ${started.url}.\n`);
    await runDemo(network);
  } finally {
    await started.stop();
    await network?.close();
  }
}

/** True when the switch there knows our operator. */
async function isNetworkAt(switchUrl: string, { folder }: Settings): Promise<boolean> {
  const alive = await fetch(`${switchUrl}/health/ready`, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.ok,
    () => false,
  );
  if (!alive) {
    return false;
  }
  const network = await createNetwork({ folder, switchUrl, mode: 'join' });
  return network.operator
    .participants()
    .then(
      () => true,
      () => false,
    )
    .finally(() => network.close());
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Leaving takes a switch that was started for the run along.
  process.on(signal, () => process.exit(1));
}
main().then(
  () => print('\nDone: everything came out as it should.'),
  (error: unknown) => {
    process.stderr.write(`\nThe demonstration failed: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  },
);
