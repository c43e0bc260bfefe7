export type { AnyCode, CodeDraft, Recognition, Scheme, Violation } from '../code.ts';
export { CodeError, type CodeErrorCode, type CodeErrorOptions } from '../error.ts';
export { crc16, crcText } from './crc.ts';
export { createEmvMpm, type DraftWriter, type EmvExtras, type EmvRules } from './mpm.ts';
export type { DataObject, PrimitiveObject, TemplateObject } from './objects.ts';
export type { EmvProfile, ProfileTemplate } from './profile.ts';
export { listViolations } from './rules.ts';
export { createDraftWriter } from './writer.ts';
