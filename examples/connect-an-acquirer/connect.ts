// A new acquirer joins: its keys are made, the operator registers it, a code of it is paid, its webhook hears
// of it.
import {
  createAcquirer,
  createMerchant,
  createOperator,
  createWallet,
  type PaymentEvent,
} from '@barlink/sdk';
import { generateSigningKey, importSigningKey } from '@barlink/signing';
import { readExampleInput } from '../input.ts';

const { switchUrl, privateJwk } = readExampleInput('operator');
const participantId = `acquirer-${Date.now().toString(36)}`;

// 1. The acquirer makes two keys: one signs its messages, one its merchants' codes. They never leave it.
const key = await generateSigningKey('ES256');
const codeKey = await generateSigningKey('ES256');

// 2. It listens for the switch. An `eventBook` in a database would remember over restarts what was handled.
let hear: (event: PaymentEvent) => void = () => {};
const heard = new Promise<PaymentEvent>((resolve) => {
  hear = resolve;
});
const acquirer = createAcquirer({
  switchUrl,
  participantId,
  key,
  codeKey,
  onEvents: (events) => events.forEach(hear),
});
const { url } = await acquirer.listen({ port: 0 });

// 3. The operator enters it, with the public halves of its keys and the most it may owe.
const operator = createOperator({
  switchUrl,
  participantId: 'operator',
  key: await importSigningKey(privateJwk),
});
await operator.register({
  participantId,
  name: 'New Acquirer',
  number: String(Date.now()).slice(-6),
  roles: ['acquirer'],
  url,
  keys: [
    { jwk: key.publicJwk, use: 'messages' },
    { jwk: codeKey.publicJwk, use: 'codes' },
  ],
  netDebitCaps: [{ currency: 'CNY', minor: 10_000_000n }],
});
console.log(`${participantId} is connected.`);

// 4. A merchant of it shows a code, and any wallet of the network can pay it.
const florist = createMerchant({
  acquirer,
  currency: 'CNY',
  merchant: { id: 'FLOWERS-1', name: 'South Gate Flowers', city: 'Xiamen', category: '5992', country: 'CN' },
});
const { text } = await florist.dynamicCode({ amountMinor: 8800n, reference: 'ROSES' });
const wallet = createWallet({
  switchUrl,
  participantId: 'wallet-jade',
  key: await importSigningKey(readExampleInput('wallet-jade').privateJwk),
});
const { tokenId } = await wallet.createToken({ issuer: 'bank-south', account: 'SOUTH-1002' });
const payment = await wallet.pay({ payload: text, tokenId });

// 5. The switch tells the acquirer, in a signed webhook, at least once.
const event = await heard;
console.log(
  `Heard ${event.type} of ${event.payment.paymentId} with the reference ${event.payment.reference}.`,
);
if (event.type !== 'payment.captured' || event.payment.paymentId !== payment.paymentId) {
  process.exitCode = 1;
}
await Promise.all([acquirer.close(), operator.close(), wallet.close()]);
