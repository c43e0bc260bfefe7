export { ParticipantError, type ParticipantErrorCode } from './errors.ts';
export { createParticipantEndpoints } from './handlers.ts';
export { isKeyUsable, type KeyUse, type Participant, type ParticipantKey } from './participant.ts';
export { createParticipantRegistry, type ParticipantRegistry } from './registry.ts';
export { createParticipantService, type ParticipantService } from './service.ts';
export { createParticipantStore } from './store.ts';
