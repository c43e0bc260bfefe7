import {
  type ClearingSchedule,
  encodeMoney,
  type Money,
  type PaymentState,
  type Reason,
  type Role,
} from '@barlink/protocol';
import { type ClearingCycle, type CycleReader, decodeCycle, readCycles } from './cycles.ts';
import { assembleOutflowControl, type OutflowControl } from './outflow.ts';
import { decodePayment, decodePosition, type NetPosition, type Payment, paymentStates } from './resources.ts';
import { decodeInstruction, type InstructionStatus } from './settlement.ts';
import { type Members, present } from './shape.ts';
import type { SwitchClient } from './switch-client.ts';
import {
  decodeInspectedToken,
  decodeRotation,
  decodeToken,
  type InspectedToken,
  type Token,
  type VaultRotation,
} from './token-resources.ts';
import type { Repeatable } from './wallet.ts';

/** What a participant's key signs. */
export type KeyUse = 'messages' | 'codes';

/** A participant to be connected. */
export interface ParticipantDraft extends Repeatable {
  readonly participantId: string;
  readonly name: string;
  /** Six digits that stand for it in codes. */
  readonly number: string;
  readonly roles: readonly Role[];
  /** Where its receiver answers. */
  readonly url: string;
  /** Public JWKs. */
  readonly keys: readonly { readonly jwk: object; readonly use: KeyUse }[];
  /** The most it may owe, per currency; zero is allowed. */
  readonly netDebitCaps: readonly Money[];
}

/** A connected participant. */
export interface Participant {
  readonly participantId: string;
  readonly name: string;
  readonly number: string;
  readonly roles: readonly string[];
  readonly url: string;
  readonly state: 'active' | 'suspended';
  readonly keys: readonly { readonly kid: string; readonly use: KeyUse }[];
  /** Its TLS certificates; in lists only. */
  readonly certificates: readonly ParticipantCertificate[];
}

/** A TLS certificate of a participant, as the operator sees it. */
export interface ParticipantCertificate {
  /** RFC 8705 `x5t#S256`. */
  readonly thumbprint: string;
  readonly serial: string;
  readonly notBefore: Date;
  /** When it has to be replaced. */
  readonly notAfter: Date;
  readonly revokedAt?: Date;
}

/** A certificate just issued or entered. */
export interface IssuedCertificate extends ParticipantCertificate {
  /** PEM. */
  readonly certificate: string;
  /** Whom its owner is to trust, PEM. */
  readonly authorities: string;
}

/** One step of a payment, and what proves it. */
export interface TraceEvent {
  readonly sequence: number;
  readonly state: PaymentState;
  readonly reason?: Reason;
  readonly at: Date;
  /** The ledger transfer the step made. */
  readonly transferId?: string;
  /** The issuer's signed word: a detached JWS and the bytes it is over. */
  readonly evidence?: { readonly signature: string; readonly body: string };
}

/** A signed request that acted on a payment, as it was received. */
export interface TraceMessage {
  readonly sender: string;
  readonly method: string;
  readonly target: string;
  readonly signature: string;
  readonly body: string;
  readonly receivedAt: Date;
}

/** A payment with all that is known of it: what was asked, what happened, and the signatures. */
export interface PaymentTrace {
  readonly payment: Payment;
  /** The same for all payments of the account, by whatever token; useless for payment. */
  readonly accountMarking: string;
  readonly events: readonly TraceEvent[];
  readonly messages: readonly TraceMessage[];
}

/** Why a certificate is revoked (RFC 5280 5.3.1). */
export type RevocationReason = 'unspecified' | 'keyCompromise' | 'superseded' | 'cessationOfOperation';

/** Administration of the network. */
export interface Operator extends CycleReader, OutflowControl {
  register(draft: ParticipantDraft): Promise<Participant>;
  participants(): Promise<readonly Participant[]>;
  participant(participantId: string): Promise<Participant>;
  suspend(participantId: string, options?: Repeatable): Promise<Participant>;
  resume(participantId: string, options?: Repeatable): Promise<Participant>;
  /** Gives the new key's id. */
  addKey(
    participantId: string,
    key: Repeatable & { readonly jwk: object; readonly use: KeyUse },
  ): Promise<string>;
  /** Nothing the key signed is accepted from then on. */
  revokeKey(participantId: string, options: Repeatable & { readonly kid: string }): Promise<void>;
  /** Has the switch's authority sign a participant's request (PKCS #10 in PEM). */
  issueCertificate(
    participantId: string,
    wanted: Repeatable & { readonly request: string; readonly days?: number },
  ): Promise<IssuedCertificate>;
  /** Enters a certificate that an authority the operator trusts has signed. */
  addCertificate(
    participantId: string,
    entered: Repeatable & { readonly certificate: string },
  ): Promise<IssuedCertificate>;
  /** Nothing that comes over its connections is accepted from then on. */
  revokeCertificate(
    participantId: string,
    options: Repeatable & { readonly thumbprint: string; readonly reason: RevocationReason },
  ): Promise<void>;
  setNetDebitCap(participantId: string, options: Repeatable & { readonly cap: Money }): Promise<NetPosition>;
  /** Everyone's; they sum to zero per currency. */
  positions(): Promise<readonly NetPosition[]>;
  trace(paymentId: string): Promise<PaymentTrace>;
  /** A token with its history and the payments it refused. */
  inspectToken(tokenId: string): Promise<InspectedToken>;
  /** Refuses the token's use, whatever wallet and issuer want. */
  suspendToken(tokenId: string, options?: Repeatable): Promise<Token>;
  resumeToken(tokenId: string, options?: Repeatable): Promise<Token>;
  /** Begins to seal all accounts with a new key, beside payments. */
  rotateVault(options?: Repeatable): Promise<VaultRotation>;
  vaultRotation(rotationId: string): Promise<VaultRotation>;
  /** Closes the open clearing cycle; its net positions are there once it is `closed`. */
  closeCycle(cycleId: number, options?: Repeatable): Promise<ClearingCycle>;
  /** Has a rejected settlement instruction tried again. */
  retryInstruction(instructionId: string, options?: Repeatable): Promise<InstructionStatus>;
  /** Carries what a rejected settlement instruction was for into the open cycle. */
  rollInstruction(instructionId: string, options?: Repeatable): Promise<InstructionStatus>;
  clearingSchedule(): Promise<ClearingSchedule>;
  setClearingSchedule(schedule: ClearingSchedule, options?: Repeatable): Promise<ClearingSchedule>;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** The operator's client on any transport. */
export function assembleOperator(client: SwitchClient): Operator {
  const root = '/admin/v1/participants';
  const pathOf = (participantId: string) => `${root}/${encodeURIComponent(participantId)}`;
  const act = (participantId: string, action: 'suspend' | 'resume', { idempotencyKey }: Repeatable) =>
    client.write({ path: `${pathOf(participantId)}/${action}`, body: {}, idempotencyKey }, decodeParticipant);
  const decide = (instructionId: string, decision: 'retry' | 'roll', { idempotencyKey }: Repeatable) => {
    const path = `/admin/v1/settlement-instructions/${encodeURIComponent(instructionId)}/${decision}`;
    return client.write({ path, body: {}, idempotencyKey }, decodeInstruction);
  };
  return {
    ...assembleOutflowControl(client),
    register: ({ idempotencyKey, netDebitCaps, ...draft }) =>
      client.write(
        { path: root, body: { ...draft, netDebitCaps: netDebitCaps.map(encodeMoney) }, idempotencyKey },
        decodeParticipant,
      ),
    participants: () => client.read(root, (answer) => answer.objects('participants').map(decodeParticipant)),
    participant: (participantId) => client.read(pathOf(participantId), decodeParticipant),
    suspend: (participantId, options = {}) => act(participantId, 'suspend', options),
    resume: (participantId, options = {}) => act(participantId, 'resume', options),
    addKey: (participantId, { idempotencyKey, jwk, use }) =>
      client.write({ path: `${pathOf(participantId)}/keys`, body: { jwk, use }, idempotencyKey }, (answer) =>
        answer.text('kid'),
      ),
    revokeKey: (participantId, { kid, idempotencyKey }) =>
      client.write(
        {
          method: 'DELETE',
          path: `${pathOf(participantId)}/keys/${encodeURIComponent(kid)}`,
          idempotencyKey,
        },
        () => undefined,
      ),
    issueCertificate: (participantId, { idempotencyKey, ...body }) =>
      client.write({ path: `${pathOf(participantId)}/certificates`, body, idempotencyKey }, decodeIssued),
    addCertificate: (participantId, { idempotencyKey, certificate }) =>
      client.write(
        { path: `${pathOf(participantId)}/certificates`, body: { certificate }, idempotencyKey },
        decodeIssued,
      ),
    revokeCertificate: (participantId, { thumbprint, reason, idempotencyKey }) =>
      client.write(
        {
          path: `${pathOf(participantId)}/certificates/${encodeURIComponent(thumbprint)}/revoke`,
          body: { reason },
          idempotencyKey,
        },
        () => undefined,
      ),
    setNetDebitCap: (participantId, { cap, idempotencyKey }) =>
      client.write(
        {
          method: 'PUT',
          path: `${pathOf(participantId)}/net-debit-caps`,
          body: encodeMoney(cap),
          idempotencyKey,
        },
        decodePosition,
      ),
    positions: () =>
      client.read('/admin/v1/positions', (answer) => answer.objects('positions').map(decodePosition)),
    ...vaultActions(client),
    trace: (paymentId) => client.read(`/admin/v1/payments/${encodeURIComponent(paymentId)}`, decodeTrace),
    ...readCycles(client, '/admin/v1'),
    closeCycle: (cycleId, { idempotencyKey } = {}) =>
      client.write({ path: `/admin/v1/cycles/${cycleId}/close`, body: {}, idempotencyKey }, decodeCycle),
    retryInstruction: (instructionId, options = {}) => decide(instructionId, 'retry', options),
    rollInstruction: (instructionId, options = {}) => decide(instructionId, 'roll', options),
    clearingSchedule: () => client.read('/admin/v1/clearing-schedule', decodeSchedule),
    setClearingSchedule: (body, { idempotencyKey } = {}) =>
      client.write(
        { method: 'PUT', path: '/admin/v1/clearing-schedule', body, idempotencyKey },
        decodeSchedule,
      ),
    close: () => client.transport.close(),
  };
}

function vaultActions(
  client: SwitchClient,
): Pick<Operator, 'inspectToken' | 'suspendToken' | 'resumeToken' | 'rotateVault' | 'vaultRotation'> {
  const pathOf = (tokenId: string) => `/admin/v1/tokens/${encodeURIComponent(tokenId)}`;
  const act = (tokenId: string, action: 'suspend' | 'resume', { idempotencyKey }: Repeatable) =>
    client.write({ path: `${pathOf(tokenId)}/${action}`, body: {}, idempotencyKey }, decodeToken);
  const rotations = '/admin/v1/vault/rotations';
  return {
    inspectToken: (tokenId) => client.read(pathOf(tokenId), decodeInspectedToken),
    suspendToken: (tokenId, options = {}) => act(tokenId, 'suspend', options),
    resumeToken: (tokenId, options = {}) => act(tokenId, 'resume', options),
    rotateVault: ({ idempotencyKey } = {}) =>
      client.write({ path: rotations, body: {}, idempotencyKey }, decodeRotation),
    vaultRotation: (rotationId) =>
      client.read(`${rotations}/${encodeURIComponent(rotationId)}`, decodeRotation),
  };
}

function decodeParticipant(from: Members): Participant {
  return present({
    participantId: from.text('participantId'),
    name: from.text('name'),
    number: from.text('number'),
    roles: from.texts('roles'),
    url: from.text('url'),
    state: from.oneOf('state', ['active', 'suspended']),
    keys: from.objects('keys').map((key) => ({
      kid: key.text('kid'),
      use: key.oneOf('use', ['messages', 'codes']),
    })),
    certificates: from.optionalObjects('certificates').map(decodeCertificate),
  });
}

function decodeSchedule(from: Members): ClearingSchedule {
  return { timeZone: from.text('timeZone'), cutOffs: from.texts('cutOffs') };
}

function decodeCertificate(from: Members): ParticipantCertificate {
  return present({
    thumbprint: from.text('thumbprint'),
    serial: from.text('serial'),
    notBefore: from.instant('notBefore'),
    notAfter: from.instant('notAfter'),
    revokedAt: from.optionalInstant('revokedAt'),
  });
}

function decodeIssued(from: Members): IssuedCertificate {
  return {
    ...decodeCertificate(from),
    certificate: from.text('certificate'),
    authorities: from.text('authorities'),
  };
}

function decodeTrace(from: Members): PaymentTrace {
  return {
    payment: decodePayment(from.object('payment')),
    accountMarking: from.text('accountMarking'),
    events: from.objects('events').map((event) => {
      const evidence = event.optionalObject('evidence');
      return present({
        sequence: event.count('sequence'),
        state: event.oneOf('state', paymentStates),
        reason: event.optionalReason('reason'),
        at: event.instant('at'),
        transferId: event.optionalText('transferId'),
        evidence: evidence && { signature: evidence.text('signature'), body: evidence.text('body') },
      });
    }),
    messages: from.objects('messages').map((message) => ({
      sender: message.text('sender'),
      method: message.text('method'),
      target: message.text('target'),
      signature: message.text('signature'),
      body: message.text('body'),
      receivedAt: message.instant('receivedAt'),
    })),
  };
}
