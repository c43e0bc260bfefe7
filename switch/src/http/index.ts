export { type Admission, createAdmission } from './admission.ts';
export { createApplication } from './application.ts';
export { type CertificateSource, createCertificateOwner } from './client-certificate.ts';
export {
  type Answer,
  answer,
  type Call,
  type Endpoint,
  openEndpoint,
  readEndpoint,
  type WriteCall,
  writeEndpoint,
} from './endpoint.ts';
export { HttpError, type HttpErrorCode } from './errors.ts';
export { createFloodGuard } from './flood-guard.ts';
export { createHealth, type Health } from './health.ts';
export type { TlsMaterial } from './listeners.ts';
export { createRateLimit, type RateLimit } from './rate-limit.ts';
export { mountRevocationList } from './revocation-list.ts';
export type { Served } from './serve.ts';
