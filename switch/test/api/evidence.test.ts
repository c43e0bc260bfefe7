import assert from 'node:assert/strict';
import { importJwks, type VerifiedEvidence, verifyEvidence } from '@barlink/signing';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused } from '../support/refusals.ts';
import { newUuid7, type Sender } from '../support/sender.ts';

const account = '6222021001116245702';

describe('evidence', () => {
  let network: TestNetwork;
  let tokenId: string;
  let paymentId: string;
  let codeId: string;
  before(async () => {
    network = await startNetwork();
    const { acquirer, wallet, bank } = network;
    const code = await makeCode(acquirer);
    codeId = code.codeId;
    ({ tokenId } = await makeToken(wallet, bank));
    const request = { presentment: 'merchant', payload: code.payload, tokenId, amount: yuan(1250) };
    paymentId = (await wallet.send('POST', '/v1/payments', request)).body.paymentId;
    await acquirer.send('POST', `/v1/payments/${paymentId}/reverse`, { reason: 'MERCHANT_REQUESTED' });
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  async function fetchBundle(viewer: Pick<Sender, 'send'>, subject: string): Promise<object> {
    const root = viewer === network.switch.operator ? '/admin/v1' : '/v1';
    const { status, text, body } = await viewer.send('GET', `${root}/evidence/${subject}`);
    assert.equal(status, 200, text);
    return body;
  }

  /** As somebody verifies it who has the file and the switch's keys, and nothing else. */
  async function verify(bundle: object): Promise<VerifiedEvidence> {
    const keys = await importJwks(await (await fetch(`${network.switch.url}/v1/keys`)).json());
    return verifyEvidence(JSON.parse(JSON.stringify(bundle)), {
      keyFor: (kid) => keys.get(kid),
      now: new Date(),
    });
  }

  const summary = ({ messages }: VerifiedEvidence) =>
    messages.map((message) =>
      message.kind === 'withheld'
        ? `${message.sender} withheld`
        : `${message.sender} ${message.about.split(' ')[0]}`,
    );

  it('of a payment holds what each party said, and the issuer’s word for all of them', async () => {
    const { wallet, acquirer, bank, switch: network_ } = network;
    const [mine, theirs, banks, all] = [
      await verify(await fetchBundle(wallet, paymentId)),
      await verify(await fetchBundle(acquirer, paymentId)),
      await verify(await fetchBundle(bank, paymentId)),
      await verify(await fetchBundle(network_.operator, paymentId)),
    ];
    assert.deepEqual(summary(mine), ['wallet-jade POST', 'bank-north 200']);
    assert.deepEqual(summary(theirs), ['bank-north 200', 'acquirer-east POST']);
    assert.deepEqual(summary(banks), ['bank-north 200']);
    assert.deepEqual(summary(all), ['wallet-jade POST', 'bank-north 200', 'acquirer-east POST']);
    assert.ok(all.isComplete && all.subject === paymentId && all.issuer === 'barlink-switch');
  });

  it('of a code and of a participant is there, too: every stored message is about something', async () => {
    const { acquirer, switch: network_ } = network;
    assert.deepEqual(summary(await verify(await fetchBundle(acquirer, codeId))), ['acquirer-east POST']);
    const registration = await verify(await fetchBundle(network_.operator, acquirer.id));
    assert.deepEqual(summary(registration), ['operator POST']);
    const { rows } = await network_.database.pool.query<{ subject: string }>(
      'select distinct subject from messages',
    );
    for (const { subject } of rows) {
      await verify(await fetchBundle(network_.operator, subject));
    }
  });

  it('of a token is opened for the wallet that sent it and withheld from the operator', async () => {
    const { wallet, bank, switch: network_ } = network;
    const bundle = await fetchBundle(wallet, tokenId);
    const [request] = (await verify(bundle)).messages;
    assert.ok(request?.kind === 'request');
    assert.equal(JSON.parse(Buffer.from(request.body).toString()).account, account);
    const shown = await network_.operator.send('GET', `/admin/v1/evidence/${tokenId}`);
    assert.deepEqual(summary(await verify(shown.body)), ['wallet-jade withheld']);
    assert.ok(
      !shown.text.includes(account) && !shown.text.includes(Buffer.from(account).toString('base64url')),
    );
    assertRefused(await bank.send('GET', `/v1/evidence/${tokenId}`), { code: 'EVIDENCE_UNKNOWN' });
  });

  it('of nothing is unknown', async () => {
    const { wallet } = network;
    for (const subject of ['01900000-0000-7000-8000-000000000000', 'nothing', 'barlink-switch']) {
      assertRefused(await wallet.send('GET', `/v1/evidence/${subject}`), { code: 'EVIDENCE_UNKNOWN' });
    }
  });

  it('still holds when the sender’s key was revoked afterwards', async () => {
    const { acquirer } = network;
    assert.equal((await acquirer.send('DELETE', `/v1/keys/${acquirer.key.kid}`)).status, 200);
    const all = await verify(await fetchBundle(network.switch.operator, paymentId));
    assert.equal(all.messages.length, 3);
  });

  it('of a refused write there is none, and its copy has no effect when the reason has passed', async () => {
    const { otherWallet, bank, switch: network_ } = network;
    const { tokenId: theirs } = await makeToken(otherWallet, bank);
    const suspend = `/v1/tokens/${theirs}/suspend`;
    const resume = `/v1/tokens/${theirs}/resume`;
    await otherWallet.send('POST', suspend, {});
    const copied = { jti: newUuid7(), idempotencyKey: newUuid7(), issuedAt: new Date() };
    assertRefused(await bank.send('POST', resume, {}, copied), { code: 'TOKEN_STATE_CONFLICT' });
    await bank.send('POST', suspend, {});
    assertRefused(await bank.send('POST', resume, {}, copied), { code: 'SIGNATURE_REPLAYED' });
    const anew = { idempotencyKey: copied.idempotencyKey };
    assert.equal((await bank.send('POST', resume, {}, anew)).status, 200, 'a retry is signed anew');
    assert.equal((await network_.operator.send('GET', `/admin/v1/evidence/${theirs}`)).status, 200);
  });
});
