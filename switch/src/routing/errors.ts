import { ProtocolError } from '@barlink/protocol';

/** Why there is no way to a party. */
export type RoutingErrorCode = 'ROUTE_PARTY_UNKNOWN' | 'ROUTE_PARTY_SUSPENDED' | 'ROUTE_ROLE_MISSING';

/** @see RoutingErrorCode */
export class RoutingError extends ProtocolError {
  declare readonly code: RoutingErrorCode;

  constructor(code: RoutingErrorCode) {
    super(code, texts[code]);
  }
}

const texts: Record<RoutingErrorCode, string> = {
  ROUTE_PARTY_UNKNOWN: 'A party of the payment is not connected.',
  ROUTE_PARTY_SUSPENDED: 'A party of the payment is suspended.',
  ROUTE_ROLE_MISSING: 'A party of the payment no longer has the role it needs.',
};
