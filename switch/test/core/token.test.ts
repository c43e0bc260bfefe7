import assert from 'node:assert/strict';
import type { Money, ParticipantId, TokenId, TokenState } from '@barlink/protocol';
import {
  actorOf,
  decideChange,
  decideExpiry,
  hintOf,
  lifeMaxMs,
  moves,
  renderToken,
  requestorIdOf,
  stateAt,
  type Token,
  type TokenActor,
  type TokenEvent,
} from '../../src/tokens/token.ts';
import { isContradictory, isNarrower, type TokenControls } from '../../src/tokens/token-controls.ts';
import { decideUse } from '../../src/tokens/token-use.ts';

const now = new Date('2026-03-01T10:00:00Z');
const later = new Date('2027-03-01T10:00:00Z');
const wallet = 'wallet-one' as ParticipantId;
const issuer = 'bank-one' as ParticipantId;
const bankTwo = 'bank-two' as ParticipantId;

const open: TokenControls = {
  presentments: ['merchant', 'consumer'],
  paymentLimit: undefined,
  useLimits: [],
  merchants: undefined,
  categories: undefined,
  cryptogram: 'optional',
};

const active: Token = {
  id: '01950000-0000-7000-8000-000000000001' as TokenId,
  wallet,
  issuer,
  accountMarking: '0'.repeat(29),
  accountHint: '5702',
  requestorId: '00010000021',
  assuranceMethod: '11',
  controls: open,
  activation: 'at_once',
  approvedAt: new Date('2026-01-01T00:00:00Z'),
  activatedAt: new Date('2026-01-01T00:00:00Z'),
  deviceGeneration: 0,
  suspendedBy: [],
  deletedAt: undefined,
  expiresAt: later,
  createdAt: new Date('2026-01-01T00:00:00Z'),
};

const cny = (minor: bigint): Money => ({ currency: 'CNY', minor });

describe('the states of a token (spec/tokens.md 2.1)', () => {
  const inState: Readonly<Record<TokenState, Token>> = {
    requested: { ...active, approvedAt: undefined, activatedAt: undefined },
    inactive: { ...active, activatedAt: undefined },
    active,
    suspended: { ...active, suspendedBy: ['wallet', 'issuer', 'operator'] },
    expired: { ...active, expiresAt: now },
    deleted: { ...active, deletedAt: now },
  };
  const events: readonly TokenEvent[] = ['approve', 'activate', 'suspend', 'resume', 'delete'];
  const actors: readonly TokenActor[] = ['wallet', 'issuer', 'operator'];
  /** spec/tokens.md 2.1 once more, as letters of who may: cell by cell and actor by actor. */
  const letters: Readonly<Record<TokenState, readonly string[]>> = {
    requested: ['i', '', '', '', 'wi'],
    inactive: ['', 'w', '', '', 'wi'],
    active: ['', '', 'wio', '', 'wi'],
    suspended: ['', '', '', 'wio', 'wi'],
    expired: ['', '', '', '', 'wi'],
    deleted: ['', '', '', '', ''],
  };

  for (const [state, token] of Object.entries(inState) as [TokenState, Token][]) {
    it(`knows what ${state} is`, () => assert.equal(stateAt(token, now), state));
    for (const [column, event] of events.entries()) {
      for (const actor of actors) {
        const isAllowed = letters[state][column]?.includes(actor.charAt(0)) === true;
        it(`${state}: ${event} by ${actor} is ${isAllowed ? 'a move' : 'a conflict'}`, () => {
          const changed = decideChange(token, { event, actor, now });
          assert.equal(changed !== 'TOKEN_STATE_CONFLICT', isAllowed);
          if (typeof changed !== 'string' && state !== 'suspended' && event !== 'approve') {
            assert.equal(stateAt(changed, now), moves[state][event]?.to);
          }
        });
      }
    }
  }

  it('is active at once after approval, or when its wallet says so', () => {
    const approve = { event: 'approve', actor: 'issuer', now, assuranceMethod: '12' } as const;
    const direct = decideChange(inState.requested, approve);
    assert.ok(typeof direct !== 'string');
    assert.deepEqual([stateAt(direct, now), direct.assuranceMethod], ['active', '12']);
    const byWallet = decideChange({ ...inState.requested, activation: 'by_wallet' }, approve);
    assert.ok(typeof byWallet !== 'string');
    assert.equal(stateAt(byWallet, now), 'inactive');
    const activated = decideChange(byWallet, { event: 'activate', actor: 'wallet', now });
    assert.ok(typeof activated !== 'string');
    assert.equal(stateAt(activated, now), 'active');
  });

  it('lets the others suspend what one has suspended', () => {
    const token: Token = { ...active, suspendedBy: ['wallet'] };
    for (const actor of ['issuer', 'operator'] as const) {
      const changed = decideChange(token, { event: 'suspend', actor, now });
      assert.deepEqual(typeof changed === 'string' ? changed : changed.suspendedBy, ['wallet', actor]);
    }
  });

  it('expires from every state it can be in', () => {
    for (const state of ['requested', 'inactive', 'active', 'suspended'] as const) {
      assert.equal(stateAt(inState[state], later), 'expired');
    }
  });

  const resumes: readonly [
    readonly TokenActor[],
    TokenActor,
    readonly TokenActor[] | 'TOKEN_STATE_CONFLICT',
  ][] = [
    [['wallet'], 'wallet', []],
    [['issuer'], 'issuer', []],
    [['operator'], 'operator', []],
    [['issuer'], 'wallet', 'TOKEN_STATE_CONFLICT'],
    [['wallet'], 'issuer', 'TOKEN_STATE_CONFLICT'],
    [['operator'], 'issuer', 'TOKEN_STATE_CONFLICT'],
    [['wallet', 'issuer'], 'issuer', ['wallet']],
    [['wallet', 'issuer'], 'wallet', ['issuer']],
  ];
  for (const [suspendedBy, actor, left] of resumes) {
    const outcome = left.length === 0 ? 'active' : left;
    it(`suspended by ${suspendedBy.join(' and ')}, resumed by ${actor}: ${outcome}`, () => {
      const changed = decideChange({ ...active, suspendedBy }, { event: 'resume', actor, now });
      assert.deepEqual(typeof changed === 'string' ? changed : changed.suspendedBy, left);
    });
  }

  it('lets nobody suspend twice', () => {
    const token: Token = { ...active, suspendedBy: ['issuer'] };
    assert.equal(decideChange(token, { event: 'suspend', actor: 'issuer', now }), 'TOKEN_STATE_CONFLICT');
  });

  it('deleted stays deleted when its time is over too', () => {
    assert.equal(
      stateAt({ ...active, deletedAt: now, expiresAt: now, suspendedBy: ['wallet'] }, later),
      'deleted',
    );
  });

  it('expires at its instant, not after it', () => {
    assert.equal(stateAt(active, new Date(later.getTime() - 1)), 'active');
    assert.equal(stateAt(active, later), 'expired');
  });

  it('knows its wallet and its issuer and nobody else', () => {
    assert.equal(actorOf(active, wallet), 'wallet');
    assert.equal(actorOf(active, issuer), 'issuer');
    assert.equal(actorOf(active, 'wallet-two' as ParticipantId), undefined);
    assert.equal(actorOf({ wallet: issuer, issuer }, issuer), 'issuer');
  });
});

describe('decideUse (spec/tokens.md 2.2)', () => {
  const shop = { acquirer: 'shop-one' as ParticipantId, merchantId: 'TEA-1', category: '5814' };
  const use = { wallet, presentment: 'merchant', amount: cny(100n), payee: shop, now } as const;
  const limited = (controls: Partial<TokenControls>): Token => ({
    ...active,
    controls: { ...open, ...controls },
  });
  const anyShop = [{ acquirer: shop.acquirer, merchantId: undefined }];
  const daily = { period: 'day', count: 3, amount: cny(1n) } as const;
  const stranger = { wallet: 'wallet-two' as ParticipantId };
  const unknown = 'TOKEN_UNKNOWN';
  const rows: readonly [string, Token | undefined, Partial<Parameters<typeof decideUse>[1]>, string][] = [
    ['an active token', active, {}, 'ok'],
    ['no token', undefined, {}, `${unknown} requestor`],
    ['the token of another wallet', active, stranger, `${unknown} requestor`],
    [
      'a requested one',
      { ...active, approvedAt: undefined, activatedAt: undefined },
      {},
      'TOKEN_NOT_ACTIVE state',
    ],
    ['an inactive one', { ...active, activatedAt: undefined }, {}, 'TOKEN_NOT_ACTIVE state'],
    ['a suspended one', { ...active, suspendedBy: ['issuer'] }, {}, 'TOKEN_SUSPENDED state'],
    ['a deleted one', { ...active, deletedAt: now }, {}, 'TOKEN_DELETED state'],
    ['an expired one', { ...active, expiresAt: now }, {}, `${unknown} validity`],
    ['one for payer codes only', limited({ presentments: ['consumer'] }), {}, `${unknown} channel`],
    ['an amount at the limit', limited({ paymentLimit: cny(100n) }), {}, 'ok'],
    ['an amount over the limit', limited({ paymentLimit: cny(99n) }), {}, `${unknown} amount`],
    [
      'another currency',
      limited({ paymentLimit: { currency: 'EUR', minor: 500n } }),
      {},
      `${unknown} currency`,
    ],
    [
      'another currency than the total',
      limited({ useLimits: [{ ...daily, amount: { currency: 'EUR', minor: 1n } }] }),
      {},
      `${unknown} currency`,
    ],
    ['a count is not decided here', limited({ useLimits: [daily] }), {}, 'ok'],
    ['a shop of the acquirer', limited({ merchants: anyShop }), {}, 'ok'],
    ['the very shop', limited({ merchants: [{ ...shop }] }), {}, 'ok'],
    [
      'another shop',
      limited({ merchants: [{ acquirer: shop.acquirer, merchantId: 'TEA-2' }] }),
      {},
      `${unknown} merchant`,
    ],
    [
      'the shop of another acquirer',
      limited({ merchants: [{ acquirer: bankTwo, merchantId: 'TEA-1' }] }),
      {},
      `${unknown} merchant`,
    ],
    ['its category', limited({ categories: ['5814'] }), {}, 'ok'],
    ['another category', limited({ categories: ['5812'] }), {}, `${unknown} merchant`],
    [
      'a suspended token of another wallet',
      { ...active, suspendedBy: ['wallet'] },
      stranger,
      `${unknown} requestor`,
    ],
    [
      'a suspended token at another shop',
      { ...limited({ categories: ['5812'] }), suspendedBy: ['wallet'] },
      {},
      `${unknown} merchant`,
    ],
  ];
  for (const [what, token, change, expected] of rows) {
    it(`${what}: ${expected}`, () => {
      const verdict = decideUse(token, { ...use, ...change });
      assert.equal(verdict === 'ok' ? verdict : `${verdict.code} ${verdict.reason}`, expected);
    });
  }

  it('asks for no wallet when a payer code named the token', () => {
    assert.equal(decideUse(active, { presentment: 'consumer', amount: cny(1n), payee: shop, now }), 'ok');
  });
});

describe('controls', () => {
  const life = { expiresAt: later };
  const limit = { period: 'day', count: 5, amount: cny(500n) } as const;
  const shop = { acquirer: bankTwo, merchantId: 'TEA-1' };
  const wide: TokenControls = {
    ...open,
    paymentLimit: cny(100n),
    useLimits: [limit],
    merchants: [{ acquirer: bankTwo, merchantId: undefined }],
    categories: ['5814', '5812'],
  };
  const narrower: readonly Partial<TokenControls>[] = [
    {},
    { presentments: ['merchant'] },
    { paymentLimit: cny(99n) },
    { useLimits: [{ ...limit, count: 4 }] },
    { useLimits: [limit, { period: 'validity', count: 1, amount: undefined }] },
    { merchants: [shop] },
    { categories: ['5814'] },
    { cryptogram: 'required' },
  ];
  const wider: readonly Partial<TokenControls>[] = [
    { paymentLimit: undefined },
    { paymentLimit: cny(101n) },
    { paymentLimit: { currency: 'EUR', minor: 1n } },
    { useLimits: [] },
    { useLimits: [{ ...limit, count: undefined }] },
    { useLimits: [{ ...limit, amount: cny(501n) }] },
    { merchants: undefined },
    { merchants: [shop, { acquirer: issuer, merchantId: 'TEA-1' }] },
    { categories: undefined },
    { categories: ['5814', '9999'] },
  ];
  it('become narrower', () => {
    for (const change of narrower) {
      assert.ok(
        isNarrower({ ...wide, ...change, ...life }, { ...wide, ...life }),
        JSON.stringify(Object.keys(change)),
      );
    }
    assert.ok(isNarrower({ ...wide, expiresAt: now }, { ...wide, ...life }));
  });
  it('and do not when one of them is wider', () => {
    for (const change of wider) {
      assert.ok(
        !isNarrower({ ...wide, ...change, ...life }, { ...wide, ...life }),
        JSON.stringify(Object.keys(change)),
      );
    }
    assert.ok(!isNarrower({ ...wide, ...life }, { ...wide, expiresAt: now }));
    assert.ok(!isNarrower({ ...wide, ...life }, { ...wide, presentments: ['merchant'], ...life }));
    assert.ok(!isNarrower({ ...wide, ...life }, { ...wide, cryptogram: 'required', ...life }));
    assert.ok(
      !isNarrower(
        { ...wide, merchants: [{ acquirer: bankTwo, merchantId: undefined }], ...life },
        { ...wide, merchants: [shop], ...life },
      ),
    );
  });
  it('contradict each other with two currencies, a period twice, or a limit of nothing', () => {
    assert.ok(!isContradictory(wide));
    assert.ok(isContradictory({ ...wide, paymentLimit: { currency: 'EUR', minor: 1n } }));
    assert.ok(isContradictory({ ...wide, useLimits: [limit, limit] }));
    assert.ok(
      isContradictory({ ...wide, useLimits: [{ period: 'day', count: undefined, amount: undefined }] }),
    );
  });
});

describe('decideExpiry', () => {
  it('gives three years when nothing is asked', () => {
    assert.deepEqual(decideExpiry(undefined, now), new Date('2029-02-28T10:00:00Z'));
  });

  it('takes up to five years and nothing that is over', () => {
    const last = new Date(now.getTime() + lifeMaxMs);
    assert.equal(decideExpiry(last, now), last);
    assert.equal(decideExpiry(new Date(last.getTime() + 1), now), 'TOKEN_EXPIRY_INVALID');
    assert.equal(decideExpiry(now, now), 'TOKEN_EXPIRY_INVALID');
  });
});

describe('what a token shows', () => {
  it('hints with four characters, never more than a third of the account', () => {
    assert.equal(hintOf('6222021001116245702'), '5702');
    assert.equal(hintOf('12345678'), '78');
    assert.equal(hintOf('1234'), '4');
  });

  it('renders for the wire', () => {
    assert.deepEqual(renderToken({ ...active, controls: { ...open, paymentLimit: cny(5000n) } }, now), {
      tokenId: active.id,
      issuer,
      requestorId: '00010000021',
      state: 'active',
      accountMarking: active.accountMarking,
      accountHint: '5702',
      assuranceMethod: '11',
      presentments: ['merchant', 'consumer'],
      paymentLimit: { currency: 'CNY', minor: '5000' },
      cryptogram: 'optional',
      expiresAt: '2027-03-01T10:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('names its requestor by eleven digits', () => {
    assert.equal(requestorIdOf('0001', '000021'), '00010000021');
  });
});
