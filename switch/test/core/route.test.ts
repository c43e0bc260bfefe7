import assert from 'node:assert/strict';
import type { ParticipantId, Role } from '@barlink/protocol';
import type { Participant } from '../../src/participants/index.ts';
import { decideRoute } from '../../src/routing/index.ts';

function participant(
  id: string,
  roles: readonly Role[],
  state: Participant['state'] = 'active',
): Participant {
  return {
    id: id as ParticipantId,
    name: id,
    number: '000001',
    roles,
    url: 'http://127.0.0.1:1',
    state,
    createdAt: new Date(0),
  };
}

const register = [
  participant('bank', ['issuer']),
  participant('shop', ['acquirer']),
  participant('both', ['issuer', 'acquirer']),
  participant('asleep', ['issuer', 'acquirer'], 'suspended'),
];
const find = (id: string) => register.find((member) => member.id === id);

describe('decideRoute', () => {
  const rows: readonly [string, string, string][] = [
    ['bank', 'shop', 'bank to shop'],
    ['both', 'both', 'both to both'],
    ['nobody', 'shop', 'ROUTE_PARTY_UNKNOWN'],
    ['bank', 'nobody', 'ROUTE_PARTY_UNKNOWN'],
    ['asleep', 'shop', 'ROUTE_PARTY_SUSPENDED'],
    ['bank', 'asleep', 'ROUTE_PARTY_SUSPENDED'],
    ['shop', 'shop', 'ROUTE_ROLE_MISSING'],
    ['bank', 'bank', 'ROUTE_ROLE_MISSING'],
  ];
  for (const [issuerId, acquirerId, expected] of rows) {
    it(`issuer ${issuerId}, acquirer ${acquirerId}: ${expected}`, () => {
      const decideIt = () => decideRoute({ issuerId, acquirerId }, find);
      if (expected.startsWith('ROUTE')) {
        assert.throws(decideIt, { code: expected });
      } else {
        const { issuer, acquirer } = decideIt();
        assert.equal(`${issuer.id} to ${acquirer.id}`, expected);
      }
    });
  }
});
