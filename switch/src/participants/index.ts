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
export { type KeyUse, type Participant, type ParticipantKey, validityOf } from './participant.ts';
export { createParticipantRegistry, type ParticipantRegistry } from './registry-service.ts';
export { createParticipantService, type ParticipantService } from './service.ts';
export { createParticipantStore } from './store.ts';
