export { EvidenceError, type EvidenceErrorCode } from './errors.ts';
export { createEvidenceEndpoints } from './handlers.ts';
export { createEvidenceService, type EvidenceService, type KeptWord } from './service.ts';
