export type { ReceiverCheck } from './carrier-service.ts';
export { createCertificateEndpoints } from './certificate-handlers.ts';
export { type CertificateRegistry, createCertificateRegistry } from './certificate-registry-service.ts';
export { type CertificateService, createCertificateService } from './certificate-service.ts';
export { createCertificateStore } from './certificate-store.ts';
export { ParticipantError, type ParticipantErrorCode } from './errors.ts';
export { createGuardedLine, type GuardedLine } from './guarded-line-service.ts';
export { createParticipantEndpoints } from './handlers.ts';
export { createKeyEndpoints } from './key-handlers.ts';
export { createKeyService, type KeyService } from './key-service.ts';
export {
  type ParticipantLine,
  ParticipantSilence,
  type ParticipantWord,
  type SilenceKind,
} from './line.ts';
export { createParticipantClient, type ParticipantClient } from './line-service.ts';
export { type KeyUse, type Participant, type ParticipantKey, validityOf, type Ways } from './participant.ts';
export { createParticipantRegistry, type ParticipantRegistry } from './registry-service.ts';
export { createParticipantService, type OpenPositions, type ParticipantService } from './service.ts';
export { createParticipantStore, type ParticipantStore } from './store.ts';
