export type { Component, HttpMessage, HttpRequest, HttpResponse } from './components.ts';
export { assertContentDigest, encodeContentDigest } from './content-digest.ts';
export {
  createSignatureBase,
  type HttpSignatureFields,
  type SignHttpMessageOptions,
  signHttpMessage,
  type VerifiedHttpSignature,
  type VerifyHttpMessageOptions,
  verifyHttpMessage,
} from './signatures.ts';
