// A till scans the code on a payer's phone and takes the payment.
import { createAcquirer, createMerchant, createWallet } from '@barlink/sdk';
import { importSigningKey } from '@barlink/signing';
import { readExampleInput } from '../input.ts';

const { switchUrl, privateJwk } = readExampleInput('acquirer-west');
const payer = readExampleInput('wallet-river');

// The payer's side: a token with what the phone needs, then a code made without a network.
const wallet = createWallet({
  switchUrl,
  participantId: 'wallet-river',
  key: await importSigningKey(payer.privateJwk),
});
const token = await wallet.createToken({ issuer: 'bank-south', account: 'SOUTH-1001' });
const shown = wallet.showPayerCode(token.payerCode, 0);

// The merchant's side: the till has read 24 digits. They are a secret until they are used.
const acquirer = createAcquirer({
  switchUrl,
  participantId: 'acquirer-west',
  key: await importSigningKey(privateJwk),
});
const fruit = createMerchant({
  acquirer,
  currency: 'CNY',
  merchant: { id: 'FRUIT-01', name: 'Green Hill Fruit', city: 'Kunming', category: '5411', country: 'CN' },
});
const sale = await fruit.accept({ payload: shown.text, amountMinor: 3200n, reference: 'TILL-1' });
console.log(`${sale.paymentId}: ${sale.state} ${sale.reason ?? ''}`.trim());

// A code is good for one payment; trying it again is refused or declined, never a second debit.
const second = await fruit.accept({ payload: shown.text, amountMinor: 3200n }).then(
  (payment) => payment.state,
  (error: { code?: string }) => error.code,
);
console.log(`The same code again: ${second}.`);

// The payer brings back half of it.
const refund = await fruit.refund(sale.paymentId, { amountMinor: 1600n });
console.log(`Refund ${refund.paymentId}: ${refund.state}.`);

if (sale.state !== 'captured' || second === 'captured' || refund.state !== 'captured') {
  process.exitCode = 1;
}
await Promise.all([wallet.close(), acquirer.close()]);
