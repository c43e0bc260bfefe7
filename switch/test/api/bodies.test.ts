import assert from 'node:assert/strict';
import { signPayment } from '../support/forge-signature.ts';
import { startNetwork, type TestNetwork } from '../support/network.ts';
import { writesNothing } from '../support/refusals.ts';
import { hangUpInBody, sendRaw } from '../support/send-raw.ts';

const path = '/v1/payments';

describe('the edge refuses bodies', () => {
  let given: TestNetwork;
  before(async () => {
    given = await startNetwork();
  });
  after(async () => {
    await given.stop();
    assert.deepEqual(given.switch.faults, []);
  });

  const tooLong = Buffer.alloc(65_537, 0x20);

  async function send(headers: Readonly<Record<string, string>>, chunks: readonly Uint8Array[]) {
    const signature = await signPayment(given.wallet, Buffer.concat(chunks));
    const type = { 'content-type': 'application/json', 'barlink-signature': signature };
    return writesNothing(given.switch, () =>
      sendRaw(given.switch.url, { method: 'POST', target: path, headers: { ...type, ...headers }, chunks }),
    );
  }

  for (const { it: says, headers, chunks } of [
    { it: 'announced longer than 64 KiB', headers: { 'content-length': '65537' }, chunks: [tooLong] },
    {
      it: 'that turn out longer than 64 KiB',
      headers: { 'transfer-encoding': 'chunked' },
      chunks: [tooLong.subarray(0, 40_000), tooLong.subarray(40_000)],
    },
  ]) {
    it(says, async () => {
      const { status, headers: answered, text: problem } = await send(headers, chunks);
      assert.equal(status, 413);
      assert.equal(answered['content-type'], 'application/problem+json');
      assert.equal(answered.connection, 'close');
      assert.equal(JSON.parse(problem).code, 'REQUEST_TOO_LARGE');
    });
  }

  it('but takes one of 64 KiB to the byte', async () => {
    const { text: problem } = await send({}, [tooLong.subarray(1)]);
    assert.equal(JSON.parse(problem).code, 'JSON_SYNTAX_INVALID');
  });

  it('that end before their announced length', async () => {
    const sent = Buffer.from('{"presentment":"merchant"}');
    const signature = await signPayment(given.wallet, sent);
    await writesNothing(given.switch, async () => {
      const headers = { 'content-type': 'application/json', 'barlink-signature': signature };
      const parts = { method: 'POST', target: path, headers, announced: sent.length + 100, sent };
      await hangUpInBody(given.switch.url, parts);
      // Nobody is there to be answered, so what became of it is only in the figures.
      await figure(given.switch.url, /barlink_requests_total\{.*code="REQUEST_BODY_TRUNCATED"\} 1\n/);
    });
  });
});

/** Waits until /metrics shows a figure. */
async function figure(url: string, pattern: RegExp): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    if (pattern.test(await (await fetch(`${url}/metrics`)).text())) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`/metrics shows no ${pattern}`);
}
