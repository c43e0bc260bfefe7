import type { Role } from '@barlink/protocol';
import type { Participant } from '../participants/index.ts';
import { RoutingError } from './errors.ts';

/** Who answers for the payer and who for the payee. */
export interface Route {
  readonly issuer: Participant;
  readonly acquirer: Participant;
}

/**
 * Decides where a payment goes: the token says who holds the account, the code or the sender who serves the
 * merchant.
 *
 * @throws {RoutingError} when one of them cannot take part
 */
export function decideRoute(
  parties: { readonly issuerId: string; readonly acquirerId: string },
  find: (id: string) => Participant | undefined,
): Route {
  return {
    issuer: assertReady(find(parties.issuerId), 'issuer'),
    acquirer: assertReady(find(parties.acquirerId), 'acquirer'),
  };
}

function assertReady(participant: Participant | undefined, role: Role): Participant {
  if (participant === undefined) {
    throw new RoutingError('ROUTE_PARTY_UNKNOWN');
  }
  if (participant.state !== 'active') {
    throw new RoutingError('ROUTE_PARTY_SUSPENDED');
  }
  if (!participant.roles.includes(role)) {
    throw new RoutingError('ROUTE_ROLE_MISSING');
  }
  return participant;
}
