import { createLogEndpoints, type LogEndpointParts } from './audit/index.ts';
import { createClearingEndpoints, createCycleEndpoints } from './clearing/index.ts';
import { createCodeEndpoints } from './codes/index.ts';
import { createEvidenceEndpoints } from './evidence/index.ts';
import type { Endpoint } from './http/index.ts';
import {
  createCertificateEndpoints,
  createKeyEndpoints,
  createParticipantEndpoints,
} from './participants/index.ts';
import { createPaymentEndpoints } from './payments/index.ts';
import { createRiskEndpoints } from './risk/index.ts';
import { createSettlementEndpoints } from './settlement/index.ts';
import { createTokenEndpoints } from './tokens/index.ts';

/** What the endpoints of each module are made of. */
export interface EndpointParts {
  readonly participants: Parameters<typeof createParticipantEndpoints>[0];
  readonly keys: Parameters<typeof createKeyEndpoints>[0];
  readonly evidence: Parameters<typeof createEvidenceEndpoints>[0];
  readonly certificates: Parameters<typeof createCertificateEndpoints>[0];
  readonly codes: Parameters<typeof createCodeEndpoints>[0];
  readonly tokens: Parameters<typeof createTokenEndpoints>[0];
  readonly payments: Parameters<typeof createPaymentEndpoints>[0];
  readonly clearing: Parameters<typeof createClearingEndpoints>[0];
  readonly log: LogEndpointParts;
  readonly cycles: Parameters<typeof createCycleEndpoints>[0];
  readonly settlement: Parameters<typeof createSettlementEndpoints>[0];
  readonly risk: Parameters<typeof createRiskEndpoints>[0];
}

/**
 * Every URL participants and operator use:
 *
 *     GET    /v1/keys                                        POST   /v1/codes
 *     GET    /v1/keysets/codes                               GET    /v1/codes/{codeId}
 *     GET    /v1/participants/{participantId}/keys           POST   /v1/codes/resolve
 *     POST   /v1/tokens                                      POST   /v1/payments
 *     GET    /v1/tokens/{tokenId}                            GET    /v1/payments/{paymentId}
 *     POST   /v1/tokens/{tokenId}/suspend, /resume           POST   /v1/payments/{paymentId}/reverse
 *     DELETE /v1/tokens/{tokenId}                            POST   /v1/payments/{paymentId}/refunds
 *     GET    /v1/positions                                   GET    /v1/cycles
 *     GET    /v1/cycles/{cycleId}                            GET    /v1/cycles/{cycleId}/obligations
 *     GET    /v1/evidence/{subject}                          GET    /admin/v1/evidence/{subject}
 *     POST   /v1/keys                                        PUT    /v1/keys/{kid}  (and DELETE)
 *     POST   /v1/settlement-confirmations                    GET    /v1/cycles/{cycleId}/settlement
 *     POST   /v1/tokens/{tokenId}/approve, /activate         PUT    /v1/tokens/{tokenId}/controls
 *     POST   /v1/tokens/{tokenId}/payer-code-handles         GET    /v1/tokens/{tokenId}/history
 *     POST   /v1/payer-codes                                 PUT    /v1/codes/{codeId}/document
 *     GET    /c/{codeId}
 *
 *     POST   /admin/v1/participants                          GET    /admin/v1/participants
 *     GET    /admin/v1/participants/{participantId}          GET    /admin/v1/positions
 *     POST   /admin/v1/participants/{participantId}/suspend  (and /resume)
 *     POST   /admin/v1/participants/{participantId}/keys     (and PUT, DELETE .../keys/{kid})
 *     GET    /admin/v1/participants/{participantId}/certificates          (and POST)
 *     POST   /admin/v1/participants/{participantId}/certificates/{thumbprint}/revoke
 *     PUT    /admin/v1/participants/{participantId}/net-debit-caps
 *     GET    /admin/v1/payments/{paymentId}                  GET    /admin/v1/tokens/{tokenId}
 *     POST   /admin/v1/tokens/{tokenId}/suspend, /resume     POST   /admin/v1/vault/rotations
 *     GET    /admin/v1/vault/rotations/{rotationId}
 *     GET    /admin/v1/cycles                                GET    /admin/v1/cycles/{cycleId}
 *     GET    /admin/v1/cycles/{cycleId}/obligations          POST   /admin/v1/cycles/{cycleId}/close
 *     GET    /admin/v1/cycles/{cycleId}/settlement
 *     POST   /admin/v1/settlement-instructions/{instructionId}/retry  (and /roll)
 *     GET    /admin/v1/clearing-schedule                     PUT    /admin/v1/clearing-schedule
 *
 *     GET    /v1/log/sth, /v1/log/sth/{size}                 GET    /v1/log/heads/{after}
 *     GET    /v1/log/proofs/inclusion/{index}/{size}         GET    /v1/log/entries/{start}/{count}
 *     GET    /v1/log/proofs/consistency/{first}/{second}     POST   /v1/log/sth/{size}/cosignatures
 *     GET    /v1/log/messages/{jti}                          GET    /v1/log/payments/{paymentId}
 *     GET    /admin/v1/log/payments/{paymentId}              GET    /admin/v1/log/sth/{size}/leaves
 *     GET    /admin/v1/log/unlogged                          POST   /admin/v1/log/erasures
 *     GET    /admin/v1/outflow-limits                        PUT    .../{participantId}/outflow-limits
 *     POST   .../{participantId}/outflow-reopenings          POST   .../outflow-reopenings/{id}/confirm
 */
export function createEndpoints(parts: EndpointParts): readonly Endpoint[] {
  return [
    ...createParticipantEndpoints(parts.participants),
    ...createKeyEndpoints(parts.keys),
    ...createEvidenceEndpoints(parts.evidence),
    ...createCertificateEndpoints(parts.certificates),
    ...createCodeEndpoints(parts.codes),
    ...createTokenEndpoints(parts.tokens),
    ...createPaymentEndpoints(parts.payments),
    ...createClearingEndpoints(parts.clearing),
    ...createLogEndpoints(parts.log),
    ...createCycleEndpoints(parts.cycles),
    ...createSettlementEndpoints(parts.settlement),
    ...createRiskEndpoints(parts.risk),
  ];
}
