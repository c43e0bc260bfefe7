import assert from 'node:assert/strict';
import { createPayerCode, readProvision } from '@barlink/tokens';
import { makeCode, makeToken, merchant, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { type RefusalRow, testRefusals } from '../support/refusals.ts';
import { newUuid7, type Received } from '../support/sender.ts';

type Token = Awaited<ReturnType<typeof makeToken>>;

interface Given extends TestNetwork {
  readonly payload: string;
  readonly tokens: Readonly<
    Record<
      | 'good'
      | 'requested'
      | 'inactive'
      | 'suspended'
      | 'expired'
      | 'deleted'
      | 'forShops'
      | 'forCodes'
      | 'limited'
      | 'withCryptogram',
      Token
    >
  >;
}

async function start(network: TestNetwork): Promise<Given> {
  const { wallet, bank, acquirer } = network;
  const { payload } = await makeCode(acquirer);
  const soon = Date.now() + 5000;
  const tokens = {
    good: await makeToken(wallet, bank),
    requested: await makeRequested(wallet, bank),
    inactive: await makeToken(wallet, bank, { activation: 'by_wallet' }),
    withCryptogram: await makeToken(wallet, bank, { cryptogram: 'required' }),
    suspended: await makeToken(wallet, bank),
    expired: await makeToken(wallet, bank, { expiresAt: new Date(soon).toISOString() }),
    deleted: await makeToken(wallet, bank),
    forShops: await makeToken(wallet, bank, { presentments: ['consumer'] }),
    forCodes: await makeToken(wallet, bank, { presentments: ['merchant'] }),
    limited: await makeToken(wallet, bank, { paymentLimit: yuan(100) }),
  };
  await wallet.send('POST', `/v1/tokens/${tokens.suspended.tokenId}/suspend`, {});
  await wallet.send('DELETE', `/v1/tokens/${tokens.deleted.tokenId}`);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, soon - Date.now()) + 10));
  return { ...network, payload, tokens };
}

/** A token whose issuer still verifies the account holder. */
async function makeRequested(wallet: TestNetwork['wallet'], bank: TestNetwork['bank']): Promise<Token> {
  const usual = bank.reply;
  bank.reply = () => ({ body: { outcome: 'pending' } });
  try {
    return await makeToken(wallet, bank);
  } finally {
    bank.reply = usual;
  }
}

function payWith(
  choose: (given: Given) => string,
  amount: object = yuan(100),
): (given: Given) => Promise<Received> {
  return (given) => {
    const { wallet, payload } = given;
    const request = { presentment: 'merchant', payload, tokenId: choose(given), amount };
    return wallet.send('POST', '/v1/payments', request);
  };
}

const usesOfTokens: readonly RefusalRow<Given>[] = [
  {
    it: 'a token id that is none',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/tokenId',
    send: payWith(() => 'token-1'),
  },
  { it: 'a token nobody made', code: 'TOKEN_UNKNOWN', path: '/tokenId', send: payWith(() => newUuid7()) },
  {
    it: 'a suspended token',
    code: 'TOKEN_SUSPENDED',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.suspended.tokenId),
  },
  {
    it: 'an expired token',
    code: 'TOKEN_UNKNOWN',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.expired.tokenId),
  },
  {
    it: 'a deleted token',
    code: 'TOKEN_DELETED',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.deleted.tokenId),
  },
  {
    it: 'a token for payer codes only',
    code: 'TOKEN_UNKNOWN',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.forShops.tokenId),
  },
  {
    it: 'a token over its limit',
    code: 'TOKEN_UNKNOWN',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.limited.tokenId, yuan(101)),
  },
  {
    it: 'a token whose issuer has not approved it',
    code: 'TOKEN_NOT_ACTIVE',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.requested.tokenId),
  },
  {
    it: 'a token its wallet has not activated',
    code: 'TOKEN_NOT_ACTIVE',
    path: '/tokenId',
    send: payWith(({ tokens }) => tokens.inactive.tokenId),
  },
  {
    it: 'a payment without the cryptogram its token asks for',
    code: 'TOKEN_CRYPTOGRAM_MISSING',
    path: '/cryptogram',
    send: payWith(({ tokens }) => tokens.withCryptogram.tokenId),
  },
  {
    it: 'a cryptogram of nobody',
    code: 'TOKEN_CRYPTOGRAM_INVALID',
    path: '/cryptogram',
    send: ({ wallet, payload, tokens }) => {
      const cryptogram = { counter: 1, value: 'A'.repeat(22) };
      const { tokenId } = tokens.withCryptogram;
      const request = { presentment: 'merchant', payload, tokenId, amount: yuan(1), cryptogram };
      return wallet.send('POST', '/v1/payments', request);
    },
  },
  {
    it: 'wider controls, asked for by the wallet',
    code: 'TOKEN_CONTROL_WIDENED',
    send: ({ wallet, tokens }) =>
      wallet.send('PUT', `/v1/tokens/${tokens.limited.tokenId}/controls`, { paymentLimit: yuan(101) }),
  },
  {
    it: 'controls in two currencies',
    code: 'TOKEN_CONTROL_INVALID',
    send: ({ bank, tokens }) => {
      const useLimits = [{ period: 'day', amount: { currency: 'EUR', minor: '5' } }];
      const body = { paymentLimit: yuan(100), useLimits };
      return bank.send('PUT', `/v1/tokens/${tokens.limited.tokenId}/controls`, body);
    },
  },
  {
    it: 'controls of a deleted token',
    code: 'TOKEN_STATE_CONFLICT',
    send: ({ bank, tokens }) => bank.send('PUT', `/v1/tokens/${tokens.deleted.tokenId}/controls`, {}),
  },
  {
    it: 'approval of an active token',
    code: 'TOKEN_STATE_CONFLICT',
    send: ({ bank, tokens }) => bank.send('POST', `/v1/tokens/${tokens.good.tokenId}/approve`, {}),
  },
  ...(
    [
      ['inactive', 'TOKEN_NOT_ACTIVE'],
      ['suspended', 'TOKEN_SUSPENDED'],
      ['expired', 'TOKEN_EXPIRED'],
      ['deleted', 'TOKEN_DELETED'],
      ['forCodes', 'TOKEN_UNKNOWN'],
    ] as const
  ).map(([name, code]) => ({
    it: `a payer code of a token that is ${name}`,
    code,
    send: ({ wallet, tokens }: Given) =>
      wallet.send('POST', '/v1/payer-codes', { tokenId: tokens[name].tokenId }),
  })),
  {
    it: 'a rotation nobody ordered',
    code: 'VAULT_ROTATION_UNKNOWN',
    send: ({ switch: { operator } }) => operator.send('GET', `/admin/v1/vault/rotations/${newUuid7()}`),
  },
  {
    it: 'resuming what is not suspended',
    code: 'TOKEN_STATE_CONFLICT',
    send: ({ wallet, tokens }) => wallet.send('POST', `/v1/tokens/${tokens.good.tokenId}/resume`, {}),
  },
  {
    it: 'suspending twice',
    code: 'TOKEN_STATE_CONFLICT',
    send: ({ wallet, tokens }) => wallet.send('POST', `/v1/tokens/${tokens.suspended.tokenId}/suspend`, {}),
  },
  {
    it: 'deleting twice',
    code: 'TOKEN_STATE_CONFLICT',
    send: ({ wallet, tokens }) => wallet.send('DELETE', `/v1/tokens/${tokens.deleted.tokenId}`),
  },
  {
    it: 'looking up what is no token id',
    code: 'TOKEN_UNKNOWN',
    send: ({ wallet }) => wallet.send('GET', '/v1/tokens/17'),
  },
];

function create(change: (given: Given) => object): (given: Given) => Promise<Received> {
  return (given) =>
    given.wallet.send('POST', '/v1/tokens', {
      issuer: given.bank.id,
      account: '6222021001116245702',
      ...change(given),
    });
}

const creations: readonly RefusalRow<Given>[] = [
  {
    it: 'an issuer nobody knows',
    code: 'TOKEN_ISSUER_UNKNOWN',
    path: '/issuer',
    send: create(() => ({ issuer: 'bank-nowhere' })),
  },
  {
    it: 'an issuer that is none',
    code: 'TOKEN_ISSUER_UNKNOWN',
    path: '/issuer',
    send: create(({ acquirer }) => ({ issuer: acquirer.id })),
  },
  {
    it: 'an expiry in the past',
    code: 'TOKEN_EXPIRY_INVALID',
    path: '/expiresAt',
    send: create(() => ({ expiresAt: '2020-01-01T00:00:00Z' })),
  },
  {
    it: 'an account that is none',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/account',
    send: create(() => ({ account: 'a b' })),
  },
  {
    it: 'no presentment',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/presentments',
    send: create(() => ({ presentments: [] })),
  },
  {
    it: 'an issuer that declines',
    code: 'TOKEN_ISSUER_DECLINED',
    send: withReply({ body: { outcome: 'declined', reason: 'ACCOUNT_BLOCKED' } }),
  },
  { it: 'an issuer that breaks off', code: 'TOKEN_ISSUER_UNAVAILABLE', send: withReply('drop') },
  {
    it: 'an issuer whose word is no word',
    code: 'TOKEN_ISSUER_UNAVAILABLE',
    send: withReply({ body: { outcome: 'perhaps' } }),
  },
];

function withReply(reply: Awaited<ReturnType<TestNetwork['bank']['reply']>>) {
  return async (given: Given): Promise<Received> => {
    const { bank } = given;
    const usual = bank.reply;
    bank.reply = () => reply;
    try {
      return await create(() => ({}))(given);
    } finally {
      bank.reply = usual;
    }
  };
}

function takeCode(
  make: (given: Given) => string,
  amount: object = yuan(100),
): (given: Given) => Promise<Received> {
  return (given) => {
    const request = { presentment: 'consumer', payload: make(given), amount, merchant };
    return given.acquirer.send('POST', '/v1/payments', request);
  };
}

let counter = 0;

/** A payer code as the device of a token would show it. */
function showCode({ payerCode }: Token, now: Date = new Date()): string {
  counter += 1;
  return createPayerCode({ ...readProvision(payerCode), now, counter }).text;
}

/** The digit that makes Luhn's sum whole again, after something else was changed. */
function withCheckDigit(code: string): string {
  const sum = [...code.slice(0, 23)].reduceRight((total, digit, at) => {
    const doubled = Number(digit) * ((23 - at) % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return code.slice(0, 23) + String((10 - (sum % 10)) % 10);
}

const usesOfCodes: readonly RefusalRow<Given>[] = [
  {
    it: 'a code that is too short',
    code: 'PAYER_CODE_MALFORMED',
    path: '/payload',
    send: takeCode(() => '39000112345678'),
  },
  {
    it: 'a code of another kind',
    code: 'PAYER_CODE_PREFIX_UNKNOWN',
    path: '/payload',
    send: takeCode(({ tokens }) => withCheckDigit(`28${showCode(tokens.good).slice(2)}`)),
  },
  {
    it: 'a misread digit',
    code: 'PAYER_CODE_CHECK_DIGIT_MISMATCH',
    path: '/payload',
    send: takeCode(({ tokens }) => {
      const code = showCode(tokens.good);
      return code.slice(0, 23) + String((Number(code.charAt(23)) + 1) % 10);
    }),
  },
  {
    it: 'a handle nobody has',
    code: 'PAYER_CODE_UNKNOWN',
    path: '/payload',
    send: takeCode(({ tokens }) => {
      const code = showCode(tokens.good);
      return withCheckDigit(`${code.slice(0, 6)}00000000${code.slice(14)}`);
    }),
  },
  {
    it: 'a code of two minutes ago',
    code: 'PAYER_CODE_EXPIRED',
    path: '/payload',
    send: takeCode(({ tokens }) => showCode(tokens.good, new Date(Date.now() - 120_000))),
  },
  {
    it: 'a code of a suspended token',
    code: 'TOKEN_SUSPENDED',
    path: '/payload',
    send: takeCode(({ tokens }) => showCode(tokens.suspended)),
  },
  {
    it: 'a code of a deleted token',
    code: 'TOKEN_DELETED',
    path: '/payload',
    send: takeCode(({ tokens }) => showCode(tokens.deleted)),
  },
  {
    it: 'a code over the limit of its token',
    code: 'PAYER_CODE_UNKNOWN',
    path: '/payload',
    send: takeCode(({ tokens }) => showCode(tokens.limited), yuan(101)),
  },
];

describe('tokens', () => {
  let network: TestNetwork;
  let given: Given;
  before(async function () {
    this.timeout(30_000);
    network = await startNetwork({ settings: { issuerDeadlineMs: 500 } });
    given = await start(network);
  });
  after(async () => {
    await network.stop();
    // An issuer that does not answer makes a 503, which is told as a fault.
    assert.ok(network.switch.faults.every((fault) => `${fault}`.includes('The issuer did not answer')));
  });

  describe('refuse', () => testRefusals(() => given, usesOfTokens));
  describe('refuse to be made for', () => testRefusals(() => given, creations));
  describe('refuse, shown as a payer code,', () => testRefusals(() => given, usesOfCodes));

  it('have no payer codes when they are for merchant codes only', () => {
    assert.deepEqual(given.tokens.forCodes.payerCode.handles, []);
  });

  it('take no payer code after five wrong values, and count only that', async () => {
    const token = await makeToken(given.wallet, given.bank);
    const codes: string[] = [];
    for (let wrong = 0; wrong < 5; wrong += 1) {
      const code = showCode(token);
      const value = String((Number(code.slice(14, 22)) + 1) % 100_000_000).padStart(8, '0');
      const answer = await takeCode(() => withCheckDigit(code.slice(0, 14) + value + code.slice(22)))(given);
      codes.push(answer.body.code);
    }
    const right = await takeCode(() => showCode(token))(given);
    assert.deepEqual(
      [...codes, right.body.code],
      [...Array(5).fill('PAYER_CODE_INVALID'), 'PAYER_CODE_LOCKED'],
    );
    const { rows } = await network.switch.database.pool.query(
      'select failures from payer_code_failures where token_id = $1',
      [token.tokenId],
    );
    assert.deepEqual(rows, [{ failures: 5 }]);
  });
});
