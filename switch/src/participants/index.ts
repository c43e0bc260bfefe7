export { ParticipantError, type ParticipantErrorCode } from './errors.ts';
export { createGuardedLine, type GuardedLine } from './guarded-line-service.ts';
export { createParticipantEndpoints } from './handlers.ts';
export {
  type ParticipantLine,
  ParticipantSilence,
  type ParticipantWord,
  type SilenceKind,
} from './line.ts';
export { createParticipantClient, type ParticipantClient } from './line-service.ts';
export { isKeyUsable, type KeyUse, type Participant, type ParticipantKey } from './participant.ts';
export { createParticipantRegistry, type ParticipantRegistry } from './registry-service.ts';
export { createParticipantService, type ParticipantService } from './service.ts';
export { createParticipantStore } from './store.ts';
