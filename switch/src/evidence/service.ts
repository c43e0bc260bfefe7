import type { ParticipantId } from '@barlink/protocol';
import {
  createEvidence,
  type EvidenceBundle,
  type EvidenceMessage,
  readAnswerClaims,
  type SigningKey,
  type StatedKey,
} from '@barlink/signing';
import type { AuditService, KeptEvidence } from '../audit/index.ts';
import { type ParticipantRegistry, validityOf } from '../participants/index.ts';
import { EvidenceError } from './errors.ts';

/** A participant's signed answer that an outcome rests on. */
export interface KeptWord {
  readonly sender: ParticipantId;
  readonly signature: string;
  readonly body: string;
  readonly receivedAt: Date;
}

/** Signed messages as bundles that anyone can verify later (spec/signing.md 8). */
export interface EvidenceService {
  /**
   * The messages about a subject that a viewer may have: its own, and the issuer's word on a payment it is
   * party to; all of them for the operator, those that hold an account number withheld.
   *
   * @throws {EvidenceError} `EVIDENCE_UNKNOWN`
   */
  export(subject: string, viewer: ParticipantId | 'operator'): Promise<EvidenceBundle>;
}

/** Most messages of one bundle, and most of their text together; what is beyond is said to be missing. */
const messagesMax = 200;
const charactersMax = 2_000_000;

/** Evidence from the record of accepted messages and the payments' events. */
export function createEvidenceService(options: {
  readonly audit: Pick<AuditService, 'listKept'>;
  readonly registry: ParticipantRegistry;
  /** Answers that a payment's outcome rests on; none when the viewer is no party or it is no payment. */
  readonly listWords: (subject: string, viewer: ParticipantId | 'operator') => Promise<readonly KeptWord[]>;
  /** What a sealed message was; `undefined` when it is not sealed. */
  readonly openSealed: (kept: KeptEvidence) => Promise<{ signature: string; body: Buffer } | undefined>;
  readonly signingKey: () => SigningKey;
  readonly switchJwks: () => readonly object[];
  readonly switchId: string;
  readonly now: () => Date;
}): EvidenceService {
  const { audit, registry, listWords, openSealed, signingKey, switchJwks, switchId, now } = options;

  async function toRequest(kept: KeptEvidence, viewer: string): Promise<EvidenceMessage> {
    const { sender, method, target } = kept;
    const about = { sender, receiver: switchId, receivedAt: kept.receivedAt.toISOString() };
    const opened = await openSealed(kept);
    if (opened !== undefined && viewer !== sender) {
      return { kind: 'withheld', ...about };
    }
    const { signature, body } = opened ?? { signature: kept.signature, body: Buffer.from(kept.body) };
    return { kind: 'request', ...about, method, target, signature, body: body.toString('base64url') };
  }

  function toAnswer({ sender, signature, body, receivedAt }: KeptWord): EvidenceMessage {
    const about = { sender, receiver: switchId, receivedAt: receivedAt.toISOString() };
    const bytes = Buffer.from(body).toString('base64url');
    return { kind: 'answer', ...about, ...readAnswerClaims(signature), signature, body: bytes };
  }

  /** Every key of those who signed, as it stands: which one made a message is for the verifier to find. */
  function listStated(senders: readonly string[]): readonly StatedKey[] {
    return [...new Set(senders)]
      .flatMap((sender) => registry.listKeys(sender))
      .filter(({ use }) => use === 'messages')
      .map((key) => ({ participantId: key.participantId, publicJwk: key.jwk, ...validityOf(key) }));
  }

  return {
    async export(subject, viewer) {
      const kept = await audit.listKept(subject, messagesMax + 1);
      const words = await listWords(subject, viewer);
      const mine = kept.filter(({ sender }) => viewer === 'operator' || sender === viewer);
      const requests = await Promise.all(mine.slice(0, messagesMax).map((each) => toRequest(each, viewer)));
      const found = [...requests, ...words.map(toAnswer)].sort(byTime);
      if (found.length === 0) {
        throw new EvidenceError('EVIDENCE_UNKNOWN');
      }
      const messages = withinSize(found);
      return createEvidence({
        key: signingKey(),
        issuer: switchId,
        issuedAt: now(),
        subject,
        messages,
        isComplete: messages.length === found.length && kept.length <= messagesMax,
        keys: listStated(messages.map(({ sender }) => sender)),
        switchKeys: switchJwks(),
      });
    },
  };
}

function byTime(one: EvidenceMessage, other: EvidenceMessage): number {
  return one.receivedAt < other.receivedAt ? -1 : Number(one.receivedAt > other.receivedAt);
}

function withinSize(messages: readonly EvidenceMessage[]): readonly EvidenceMessage[] {
  let characters = 0;
  return messages.filter((message) => {
    characters += message.kind === 'withheld' ? 0 : message.body.length + message.signature.length;
    return characters <= charactersMax;
  });
}
