/** A process that sequences the log of DATABASE_URL until it is killed: `log-sequencer.test.ts` kills it. */
import { importSigningKey } from '@barlink/signing';
import { createLogStore, createSequencer } from '../../src/audit/index.ts';
import { openDatabase } from '../../src/database/index.ts';

const database = openDatabase({
  url: process.env.DATABASE_URL ?? '',
  connections: 2,
  onError: () => undefined,
});
const signingKey = await importSigningKey(JSON.parse(process.env.SIGNING_KEY ?? ''));
const sequencer = createSequencer({
  database,
  store: createLogStore(),
  signingKey: () => signingKey,
  switchId: 'barlink-switch',
  now: () => new Date(),
  onError: () => undefined,
  repeat: () => () => undefined,
  leavesMost: 7,
});
process.stdout.write('ready\n');
for (;;) {
  await sequencer.sequence();
}
