// A dispute, years later: the wallet's order to pay and the bank's yes are proven from a file, without the
// switch.
import { createEvidenceClient, createWallet } from '@barlink/sdk';
import { importJwks, importSigningKey, SigningError, verifyEvidence } from '@barlink/signing';
import { readExampleInput } from '../input.ts';

const { switchUrl, privateJwk, scannedText } = readExampleInput('wallet-jade');
const participantId = 'wallet-jade';
const key = await importSigningKey(privateJwk);

// 1. A payment, as in pay-a-merchant-code.
const wallet = createWallet({ switchUrl, participantId, key });
const token = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
const amount = { currency: 'CNY', minor: 1250n };
const { paymentId } = await wallet.pay({ payload: scannedText, tokenId: token.tokenId, amount });

// 2. What was signed about it, in one file. `barlink evidence export` writes the same.
const client = createEvidenceClient({ switchUrl, participantId, key });
const file = JSON.stringify(await client.export(paymentId));
const switchKeys = await importJwks(await (await fetch(`${switchUrl}/v1/keys`)).json());
await Promise.all([wallet.close(), client.close()]);

// 3. From here on nobody is asked any more: the file and the switch's public keys are enough.
const trust = { keyFor: (kid: string) => switchKeys.get(kid), now: new Date() };
const { messages } = await verifyEvidence(JSON.parse(file), trust);
for (const message of messages) {
  if (message.kind !== 'withheld') {
    console.log(`${message.issuedAt.toISOString()} ${message.sender} said: ${message.about}`);
    console.log(`  ${new TextDecoder().decode(message.body)}`);
  }
}

// 4. A file in which somebody has changed a word is worth nothing.
const changed = JSON.parse(file);
changed.messages[0].body = changed.messages[1].body;
await verifyEvidence(changed, trust).catch((error: unknown) => {
  console.log(error instanceof SigningError ? `changed file: ${error.code}` : error);
});
