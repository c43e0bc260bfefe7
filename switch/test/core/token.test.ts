import assert from 'node:assert/strict';
import type { Money, ParticipantId, TokenId, TokenState } from '@barlink/protocol';
import {
  actorOf,
  decideChange,
  decideExpiry,
  decideUse,
  hintOf,
  lifeMaxMs,
  nextState,
  renderToken,
  stateAt,
  type Token,
  type TokenActor,
  type TokenEvent,
} from '../../src/tokens/token.ts';

const now = new Date('2026-03-01T10:00:00Z');
const later = new Date('2027-03-01T10:00:00Z');
const wallet = 'wallet-one' as ParticipantId;
const issuer = 'bank-one' as ParticipantId;

const active: Token = {
  id: '01950000-0000-7000-8000-000000000001' as TokenId,
  wallet,
  issuer,
  accountMarking: '0'.repeat(29),
  accountHint: '5702',
  presentments: ['merchant', 'consumer'],
  paymentLimit: undefined,
  suspendedBy: [],
  deletedAt: undefined,
  expiresAt: later,
  createdAt: new Date('2026-01-01T00:00:00Z'),
};

const cny = (minor: bigint): Money => ({ currency: 'CNY', minor });

describe('the states of a token (spec/tokens.md 2.1)', () => {
  const inState: Readonly<Record<TokenState, Token>> = {
    active,
    suspended: { ...active, suspendedBy: ['wallet'] },
    expired: { ...active, expiresAt: now },
    deleted: { ...active, deletedAt: now },
  };
  const events: readonly TokenEvent[] = ['suspend', 'resume', 'delete'];

  for (const [state, token] of Object.entries(inState) as [TokenState, Token][]) {
    for (const event of events) {
      const next = nextState[state][event];
      // A wallet that suspended it cannot suspend it again; the issuer still can.
      const actor: TokenActor = state === 'suspended' && event === 'suspend' ? 'issuer' : 'wallet';
      it(`${state} and ${event} by ${actor} gives ${next ?? 'a conflict'}`, () => {
        const changed = decideChange(token, { event, actor, now });
        const outcome = typeof changed === 'string' ? changed : stateAt(changed, now);
        assert.equal(outcome, next ?? 'TOKEN_STATE_CONFLICT');
      });
    }
  }

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
  const use = { wallet, presentment: 'merchant', amount: cny(100n), now } as const;
  const limited: Token = { ...active, paymentLimit: cny(100n) };
  const rows: readonly [string, Token | undefined, Partial<Parameters<typeof decideUse>[1]>, string][] = [
    ['an active token', active, {}, 'ok'],
    ['no token', undefined, {}, 'TOKEN_UNKNOWN'],
    ['the token of another wallet', active, { wallet: 'wallet-two' as ParticipantId }, 'TOKEN_UNKNOWN'],
    ['a suspended one', { ...active, suspendedBy: ['issuer'] }, {}, 'TOKEN_SUSPENDED'],
    ['an expired one', { ...active, expiresAt: now }, {}, 'TOKEN_EXPIRED'],
    ['a deleted one', { ...active, deletedAt: now }, {}, 'TOKEN_DELETED'],
    ['one for payer codes only', { ...active, presentments: ['consumer'] }, {}, 'TOKEN_DOMAIN_FORBIDDEN'],
    ['an amount at the limit', limited, {}, 'ok'],
    ['an amount over the limit', limited, { amount: cny(101n) }, 'TOKEN_LIMIT_EXCEEDED'],
    [
      'another currency than the limit',
      limited,
      { amount: { currency: 'EUR', minor: 1n } },
      'TOKEN_LIMIT_EXCEEDED',
    ],
    [
      'a suspended token of another wallet',
      { ...active, suspendedBy: ['wallet'] },
      { wallet: 'wallet-two' as ParticipantId },
      'TOKEN_UNKNOWN',
    ],
  ];
  for (const [what, token, change, verdict] of rows) {
    it(`${what}: ${verdict}`, () => {
      assert.equal(decideUse(token, { ...use, ...change }), verdict);
    });
  }

  it('asks for no wallet when a payer code named the token', () => {
    assert.equal(decideUse(active, { presentment: 'consumer', amount: cny(1n), now }), 'ok');
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
    assert.deepEqual(renderToken({ ...active, paymentLimit: cny(5000n) }, now), {
      tokenId: active.id,
      issuer,
      state: 'active',
      accountMarking: active.accountMarking,
      accountHint: '5702',
      presentments: ['merchant', 'consumer'],
      paymentLimit: { currency: 'CNY', minor: '5000' },
      expiresAt: '2027-03-01T10:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
    });
  });
});
