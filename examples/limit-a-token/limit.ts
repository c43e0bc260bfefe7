// A wallet makes a token that is good for little, and everyone sees what is left of it.
import { createAcquirer, createIssuer, createMerchant, createWallet, SdkError } from '@barlink/sdk';
import { importSigningKey } from '@barlink/signing';
import { readExampleInput } from '../input.ts';

const yuan = (amount: bigint) => ({ currency: 'CNY', minor: amount * 100n });

const { switchUrl, privateJwk } = readExampleInput('wallet-jade');
const wallet = createWallet({
  switchUrl,
  participantId: 'wallet-jade',
  key: await importSigningKey(privateJwk),
});
const acquirer = createAcquirer({
  switchUrl,
  participantId: 'acquirer-east',
  key: await importSigningKey(readExampleInput('acquirer-east').privateJwk),
  codeKey: await importSigningKey(readExampleInput('acquirer-east-codes').privateJwk),
});
// The bank's tool for tokens. Authorizations are answered by its server, which runs elsewhere.
const elsewhere = () => {
  throw new Error('not here');
};
const bank = createIssuer({
  switchUrl,
  participantId: 'bank-north',
  key: await importSigningKey(readExampleInput('bank-north').privateJwk),
  onAuthorization: elsewhere,
  onReversal: elsewhere,
});
const teahouse = merchant({ id: 'TEA-01', name: 'Old Street Teahouse', category: '5812' });
const books = merchant({ id: 'BOOKS-02', name: 'Riverside Books', category: '5942' });
let isAsTold = true;

try {
  // 1. A token for tea: both kinds of codes, one teahouse, 30 CNY at once, four payments or 60 CNY a day.
  const token = await wallet.createToken({
    issuer: 'bank-north',
    account: 'NORTH-1002',
    presentments: ['merchant', 'consumer'],
    merchants: [{ acquirer: 'acquirer-east', merchantId: 'TEA-01' }],
    paymentLimit: yuan(30n),
    useLimits: [{ period: 'day', count: 4, amount: yuan(60n) }],
    cryptogram: 'required',
  });
  const { tokenId } = token;
  console.log(`Token ${tokenId} for an account ending in ${token.accountHint}, ${token.state}.`);

  // 2. The device counts its cryptograms: one more each time, kept over restarts. Here it is a variable.
  let counter = 0;
  const tea = await teahouse.staticCode();
  const book = await books.staticCode();
  const pay = (options: { payload: string; amount: bigint; tokenId?: string }) => {
    counter += 1;
    const device = { provision: token.payerCode, counter };
    return outcome(wallet.pay({ tokenId, device, ...options, amount: yuan(options.amount) }));
  };
  tell('Tea for 20, confirmed by the device', await pay({ payload: tea.text, amount: 20n }), 'captured');

  // 3. Outside of its limits a token answers like one that does not exist: nobody learns what it is good for.
  const stranger = '019ab000-0000-7000-8000-000000000001';
  const unknown = await pay({ payload: tea.text, amount: 20n, tokenId: stranger });
  tell('A token nobody has', unknown, 'TOKEN_UNKNOWN');
  tell('A book for 20, from another merchant', await pay({ payload: book.text, amount: 20n }), unknown);
  tell('Tea for 31, too much at once', await pay({ payload: tea.text, amount: 31n }), unknown);
  const bare = await outcome(wallet.pay({ payload: tea.text, tokenId, amount: yuan(20n) }));
  tell('Tea for 20, not confirmed by the device', bare, 'TOKEN_CRYPTOGRAM_MISSING');

  // 4. The account's bank looks after the token too. It alone is told why a payment was refused.
  await bank.suspendToken(tokenId);
  tell('Suspended by the bank', await pay({ payload: tea.text, amount: 10n }), 'TOKEN_SUSPENDED');
  const mine = await outcome(wallet.resumeToken(tokenId));
  tell('The wallet cannot take back what the bank has said', mine, 'TOKEN_STATE_CONFLICT');
  await bank.resumeToken(tokenId);
  tell('Resumed by the bank, tea for 10', await pay({ payload: tea.text, amount: 10n }), 'captured');
  const { refusals } = await bank.inspectToken(tokenId);
  console.log(`The bank sees why: ${refusals.map(({ reason }) => reason).join(', ')}.`);

  // 5. Online, the switch makes the payer's code: for 60 seconds, for one payment, shown in either form.
  const emv = await wallet.issuePayerCode(tokenId);
  tell('Tea for 10, the EMVCo form at the till', await accept(emv.emvCpm), 'captured');
  tell('The same code as 24 digits', await accept(emv.payload), 'PAYER_CODE_USED');
  const digits = await wallet.issuePayerCode(tokenId);
  tell('Tea for 10, another code as 24 digits', await accept(digits.payload), 'captured');
  tell('A fifth payment today', await pay({ payload: tea.text, amount: 5n }), unknown);

  // 6. The bank ends it. What was paid can still be given back.
  await bank.deleteToken(tokenId);
  tell('Deleted', await pay({ payload: tea.text, amount: 5n }), 'TOKEN_DELETED');
} finally {
  await Promise.all([wallet.close(), acquirer.close(), bank.close()]);
}
process.exitCode = isAsTold ? 0 : 1;

function merchant(description: { readonly id: string; readonly name: string; readonly category: string }) {
  const city = description.id === 'TEA-01' ? 'Chengdu' : 'Hangzhou';
  return createMerchant({ acquirer, currency: 'CNY', merchant: { ...description, city, country: 'CN' } });
}

function accept(payload: string): Promise<string> {
  return outcome(teahouse.accept({ payload, amountMinor: 1000n }));
}

/** What came of it: the state, the reason of a decline, or the code of a refusal. */
async function outcome(answer: Promise<{ state: string; reason?: string }>): Promise<string> {
  try {
    const { state, reason = state } = await answer;
    return reason;
  } catch (error) {
    if (error instanceof SdkError) {
      return error.code;
    }
    throw error;
  }
}

function tell(what: string, came: string, expected: string): void {
  console.log(`${what}: ${came}`);
  isAsTold &&= came === expected;
}
