// A participant watches that the switch's log only ever grows, and signs what it has seen.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWitness, SdkError } from '@barlink/sdk';
import { importSigningKey } from '@barlink/signing';
import { readExampleInput } from '../input.ts';

const { switchUrl, privateJwk, folder } = readExampleInput('bank-north');

// Whoever loses this file trusts the switch anew. Keep it where the switch's operator cannot reach it.
const file = join(folder, 'bank-north-has-seen.txt');
const memory = {
  read: () =>
    readFile(file, 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    ),
  async write(signed: string) {
    await writeFile(`${file}.new`, `${signed}\n`, { flush: true });
    await rename(`${file}.new`, file);
  },
};

const witness = createWitness({
  switchUrl,
  participantId: 'bank-north',
  key: await importSigningKey(privateJwk),
  memory,
});
try {
  const first = await witness.watch();
  console.log(`${first.size} leaves: ${first.result}.`);

  // Again, as a timer would: a head is signed once, and a new one only when it continues the last.
  const second = await witness.watch();
  console.log(`${second.size} leaves: ${second.result}.`);
  if (second.size < first.size) {
    process.exitCode = 1;
  }
} catch (error) {
  if (error instanceof SdkError && error.code === 'LOG_HEAD_INCONSISTENT') {
    // Two heads that the switch has signed and no log can both have: publish them.
    console.error('The log was rewritten.', error.cause);
  }
  throw error;
} finally {
  await witness.close();
}
