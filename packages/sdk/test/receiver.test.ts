import assert from 'node:assert/strict';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { createIssuer, type Decision, type Issuer, type PaymentEvent, type Reversal } from '../src/index.ts';
import { merchant, payment, paymentId } from './support/samples.ts';
import {
  createSwitchDouble,
  type Posted,
  type PostOptions,
  type SwitchDouble,
} from './support/switch-double.ts';

const participantId = 'bank-north';

const authorization = JSON.stringify({
  paymentId,
  kind: 'purchase',
  presentment: 'merchant',
  account: 'NORTH-1001',
  accountMarking: '0'.repeat(29),
  amount: { currency: 'CNY', minor: '1250' },
  acquirer: 'acquirer-east',
  merchant,
  deadline: '2026-03-01T08:00:04.000Z',
});
const reversal = JSON.stringify({ paymentId, reason: 'ISSUER_TIMEOUT' });

function delivery(...eventIds: string[]): string {
  const events = eventIds.map((eventId) => ({
    eventId,
    type: 'payment.captured',
    at: '2026-03-01T08:00:00.100Z',
    payment,
  }));
  return JSON.stringify({ events });
}

describe("an issuer's receiver", () => {
  let key: SigningKey;
  let double: SwitchDouble;
  let issuer: Issuer;
  let url: string;
  let asked: number;
  let undone: Reversal[];
  let heard: PaymentEvent[];
  let decide: () => Promise<Decision> | Decision;
  let hear: (events: readonly PaymentEvent[]) => void;

  before(async () => {
    key = await generateSigningKey('ES256');
    double = await createSwitchDouble({ participantId, key });
  });
  after(() => double.close());

  beforeEach(async () => {
    asked = 0;
    undone = [];
    heard = [];
    decide = () => ({ outcome: 'approved', issuerReference: 'B1' });
    hear = (events) => {
      heard.push(...events);
    };
    issuer = createIssuer({
      switchUrl: double.url,
      participantId,
      key,
      basePath: '/barlink',
      onTokenApproval: ({ account }) =>
        account === 'NORTH-1001'
          ? { outcome: 'approved' }
          : { outcome: 'declined', reason: 'ACCOUNT_CLOSED' },
      onAuthorization: ({ amount, account }) => {
        asked += 1;
        assert.deepEqual([amount, account], [{ currency: 'CNY', minor: 1250n }, 'NORTH-1001']);
        return decide();
      },
      onReversal: (what) => {
        undone.push(what);
      },
      onEvents: (events) => hear(events),
    });
    ({ url } = await issuer.listen({ port: 0 }));
  });
  afterEach(() => issuer.close());

  function post(path: string, body: string, options: Partial<PostOptions> = {}): Promise<Posted> {
    return double.post(url, { participantId, path, body, participantKey: key, ...options });
  }

  it('answers an authorization, signed', async () => {
    const { status, value, signed } = await post('/authorizations', authorization);
    assert.deepEqual([status, signed], [200, true]);
    assert.deepEqual(value, { paymentId, outcome: 'approved', issuerReference: 'B1' });
  });

  it('gives the same question the same answer, asked often and at once', async () => {
    decide = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { outcome: asked === 1 ? 'approved' : 'declined', reason: 'ISSUER_DECLINED' } as Decision;
    };
    const answers = await Promise.all([1, 2, 3].map(() => post('/authorizations', authorization)));
    answers.push(await post('/authorizations', authorization));
    assert.equal(asked, 1);
    assert.deepEqual(new Set(answers.map(({ value }) => value.outcome)), new Set(['approved']));
  });

  it('answers an inquiry with what it said, and not_found when it said nothing', async () => {
    const before = await post(`/authorizations/${paymentId}/inquiry`, '{}');
    assert.deepEqual(before.value, { paymentId, outcome: 'not_found' });
    await post('/authorizations', authorization);
    const then = await post(`/authorizations/${paymentId}/inquiry`, '{}');
    assert.equal(then.value.outcome, 'approved');
  });

  it('has an inquiry wait for the authorization at work', async () => {
    decide = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { outcome: 'approved' };
    };
    const authorizing = post('/authorizations', authorization);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const inquiry = await post(`/authorizations/${paymentId}/inquiry`, '{}');
    assert.equal(inquiry.value.outcome, 'approved');
    await authorizing;
  });

  it('undoes an approved payment once, however often the reversal comes', async () => {
    await post('/authorizations', authorization);
    const answers = await Promise.all([1, 2].map(() => post('/reversals', reversal)));
    answers.push(await post('/reversals', reversal));
    assert.deepEqual(undone, [{ paymentId, reason: 'ISSUER_TIMEOUT' }]);
    assert.deepEqual(new Set(answers.map(({ value }) => value.outcome)), new Set(['reversed']));
  });

  it('refuses an authorization that comes after its reversal', async () => {
    const early = await post('/reversals', reversal);
    assert.equal(early.value.outcome, 'reversed');
    const late = await post('/authorizations', authorization);
    assert.equal(late.value.outcome, 'reversed');
    assert.deepEqual([asked, undone.length], [0, 0]);
  });

  it('has nothing to undo for a declined payment', async () => {
    decide = () => ({ outcome: 'declined', reason: 'INSUFFICIENT_FUNDS' });
    await post('/authorizations', authorization);
    await post('/reversals', reversal);
    assert.deepEqual(undone, []);
  });

  it('keeps nothing when the handler throws: the next question is a new one', async () => {
    decide = () => {
      throw new Error('core banking is down: password=secret');
    };
    const broken = await post('/authorizations', authorization);
    assert.equal(broken.status, 500);
    assert.equal(JSON.stringify(broken.value).includes('secret'), false);
    decide = () => ({ outcome: 'approved' });
    const next = await post('/authorizations', authorization);
    assert.equal(next.value.outcome, 'approved');
  });

  it('approves tokens', async () => {
    const sent = { requestorId: '00010000021', accountMarking: '0'.repeat(29) };
    const ask = (account: string) =>
      post(
        '/token-approvals',
        JSON.stringify({ tokenId: paymentId, wallet: 'wallet-jade', account, ...sent }),
      );
    assert.deepEqual((await ask('NORTH-1001')).value, { outcome: 'approved' });
    assert.deepEqual((await ask('OTHER')).value, { outcome: 'declined', reason: 'ACCOUNT_CLOSED' });
  });

  it('handles an event once and accepts it every time', async () => {
    const ids = ['01890a5d-ac96-774b-bcce-b302099a8001', '01890a5d-ac96-774b-bcce-b302099a8002'];
    await post('/events', delivery(ids[0] ?? ''));
    const again = await post('/events', delivery(...ids));
    assert.deepEqual(again.value, { accepted: ids });
    assert.deepEqual(
      heard.map(({ eventId }) => eventId),
      ids,
    );
  });

  it('does not accept an event its handler could not handle', async () => {
    hear = () => {
      throw new Error('not now');
    };
    const first = await post('/events', delivery('01890a5d-ac96-774b-bcce-b302099a8003'));
    assert.equal(first.status, 500);
    hear = (events) => {
      heard.push(...events);
    };
    await post('/events', delivery('01890a5d-ac96-774b-bcce-b302099a8003'));
    assert.equal(heard.length, 1);
  });

  it('refuses a message that is not provably the switch, and asks nobody', async () => {
    const stranger = await generateSigningKey('ES256');
    const forged = await post('/authorizations', authorization, { key: stranger });
    assert.deepEqual([forged.status, forged.value.code], [401, 'SIGNATURE_KEY_UNKNOWN']);
    const misdirected = await post('/authorizations', authorization, { audience: 'bank-south' });
    assert.deepEqual([misdirected.status, misdirected.value.code], [401, 'SIGNATURE_AUDIENCE_MISMATCH']);
    const unsigned = await fetch(`${url}/authorizations`, { method: 'POST', body: authorization });
    assert.equal(unsigned.status, 401);
    assert.equal(asked, 0);
  });

  const large = JSON.stringify({ text: 'x'.repeat(70_000) });
  for (const [what, body, status, code] of [
    ['malformed JSON', '{', 400, 'JSON_SYNTAX_INVALID'],
    ['a name twice', '{"paymentId":"1","paymentId":"2"}', 400, 'JSON_KEY_DUPLICATE'],
    ['a missing member', '{}', 400, 'MESSAGE_SHAPE_INVALID'],
    ['a number for an amount', authorization.replace('"1250"', '1250'), 400, 'MESSAGE_SHAPE_INVALID'],
    ['more than 64 KiB', large, 413, 'RECEIVER_BODY_TOO_LARGE'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const refused = await post('/authorizations', body);
      assert.deepEqual([refused.status, refused.value.code], [status, code]);
      assert.equal(asked, 0);
    });
  }

  it('refuses paths it does not have', async () => {
    const refused = await post('/somewhere', '{}');
    assert.deepEqual([refused.status, refused.value.code], [404, 'RECEIVER_PATH_UNKNOWN']);
  });

  it('stops while a kept connection is open', async () => {
    await post('/authorizations', authorization);
    const startedAt = performance.now();
    await issuer.close();
    assert.equal(performance.now() - startedAt < 1000, true);
  });
});
