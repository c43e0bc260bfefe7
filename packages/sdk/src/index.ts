export type { AcceptOptions, Acquirer, AcquirerOptions, CodeDraft, PrintableCode } from './acquirer.ts';
export { type Auditor, createAuditor } from './auditor.ts';
export {
  createMemoryEventBook,
  createMemoryIssuerBook,
  type EventBook,
  type IssuerBook,
} from './books.ts';
export type { ClearingCycle, CycleNetPosition, CycleReader, Obligation, PageOf } from './cycles.ts';
export type { OnCycles, OnEvents } from './event-routes.ts';
export type { EvidenceClient, EvidenceViewer } from './evidence-client.ts';
export type {
  ApprovalDecision,
  Authorization,
  Decision,
  IssuerHandlers,
  Reversal,
  TokenApproval,
} from './issuer-routes.ts';
export type { LogHead, LogLeaf } from './log.ts';
export type { TreeName } from './log-proof.ts';
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
  type Connected,
  createAcquirer,
  createEvidenceClient,
  createIssuer,
  createOperator,
  createSettlementAgent,
  createWallet,
  type Issuer,
  type IssuerClient,
  type IssuerOptions,
  type ReceiverSettings,
  type SettlementAgent,
  type SettlementAgentOptions,
} from './participants.ts';
export { createPoolTransport, type PoolTransport, type PoolTransportOptions } from './pool-transport.ts';
export { createReceiverServer, type ListenOptions, type Receiver, type ReceiverContext } from './receiver.ts';
export type { Merchant, MerchantCode, NetPosition, Payment } from './resources.ts';
export type { Scan, ScannedCode } from './scan.ts';
export { SdkError, type SdkErrorCode, type SdkErrorDetails } from './sdk-error.ts';
export type {
  CycleSettlement,
  InstructionStatus,
  SettlementAgentClient,
  SettlementAnswer,
  SettlementDue,
  SettlementInstruction,
} from './settlement.ts';
export type { SettlementHandlers } from './settlement-routes.ts';
export { type ClientOptions, newIdempotencyKey } from './switch-client.ts';
export type { TlsOptions, TlsSettings } from './tls.ts';
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
export {
  createWitness,
  type ForkEvidence,
  type Witness,
  type Witnessed,
  type WitnessMemory,
  type WitnessOptions,
} from './witness.ts';
