// A wallet app scans a merchant's code and pays it.
import { createWallet, newIdempotencyKey, SdkError } from '@barlink/sdk';
import { importSigningKey } from '@barlink/signing';
import { readExampleInput } from '../input.ts';

const { switchUrl, privateJwk, scannedText } = readExampleInput('wallet-jade');

const wallet = createWallet({
  switchUrl,
  participantId: 'wallet-jade',
  key: await importSigningKey(privateJwk),
});

// Once per account and device: the bank approves, the switch gives a token. The app never keeps the account.
const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });

// Branch on `trust` before anything of the code is shown.
const scan = await wallet.scan(scannedText);
if (scan.trust !== 'verified') {
  throw new Error(`do not pay this: ${scan.trust}`);
}
console.log(`Pay ${scan.merchant.name} in ${scan.merchant.city}, verified by its acquirer.`);

// The payer types the amount when the code has none. Decide on the key once, send as often as it takes.
const amount = scan.code.amount ?? { currency: scan.code.currency, minor: 1250n };
const idempotencyKey = newIdempotencyKey(new Date());
try {
  const payment = await wallet.pay({ payload: scan.payload, tokenId, amount, idempotencyKey });
  console.log(`${payment.paymentId}: ${payment.state} ${payment.reason ?? ''}`.trim());

  // The same key and content: the same payment, not a second one.
  const again = await wallet.pay({ payload: scan.payload, tokenId, amount, idempotencyKey });
  console.log(`Sent again: still ${again.paymentId}.`);
  if (payment.state !== 'captured' || again.paymentId !== payment.paymentId) {
    process.exitCode = 1;
  }
} catch (error) {
  if (error instanceof SdkError) {
    console.error(`No answer to rely on: ${error.code}, trace ${error.traceId}, retry: ${error.retryable}`);
  }
  throw error;
} finally {
  await wallet.close();
}
