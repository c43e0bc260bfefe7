export type { AcceptOptions, Acquirer, AcquirerOptions, CodeDraft, PrintableCode } from './acquirer.ts';
export type { ClearingCycle, CycleNetPosition, CycleReader, Obligation, PageOf } from './cycles.ts';
export type { EvidenceClient, EvidenceViewer } from './evidence-client.ts';
export {
  createMerchant,
  type DynamicCodeOptions,
  type MerchantClient,
  type MerchantOptions,
  type StaticCodeOptions,
} from './merchant.ts';
export type {
  IssuedCertificate,
  KeyUse,
  Operator,
  Participant,
  ParticipantCertificate,
  ParticipantDraft,
  PaymentTrace,
  RevocationReason,
  TraceEvent,
  TraceMessage,
} from './operator.ts';
export type { Outflow, OutflowControl, OutflowTrip } from './outflow.ts';
export {
  createAcquirer,
  createEvidenceClient,
  createOperator,
  createWallet,
} from './participants.portable.ts';
export type { Merchant, MerchantCode, NetPosition, Payment } from './resources.ts';
export type { Scan, ScannedCode } from './scan.ts';
export { SdkError, type SdkErrorCode, type SdkErrorDetails } from './sdk-error.ts';
export type { CycleSettlement, InstructionStatus, SettlementDue } from './settlement.ts';
export { type ClientOptions, newIdempotencyKey } from './switch-client.ts';
export type {
  ControlChange,
  IssuerTokenActions,
  TokenActions,
  TokenDraft,
  WalletTokenActions,
} from './token-actions.ts';
export type {
  CreatedToken,
  InspectedToken,
  OnlinePayerCode,
  Token,
  TokenControls,
  UseLimit,
  VaultRotation,
} from './token-resources.ts';
export {
  createFetchTransport,
  type Transport,
  type TransportAnswer,
  type TransportRequest,
} from './transport.ts';
export type { PayOptions, Repeatable, ResolvedCode, SigningDevice, Wallet, WalletOptions } from './wallet.ts';
export {
  type CycleNotice,
  type PaymentEvent,
  type VerifiedWebhook,
  type VerifyWebhookOptions,
  verifyWebhook,
} from './webhook.ts';
