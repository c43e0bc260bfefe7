import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { parseJson } from '@barlink/protocol';
import { type SigningKey, signDetached, verifyAnswer } from '@barlink/signing';
import { type CarriedAnswer, type ClientTls, createCarrier, type ReceiverCheck } from './carrier-service.ts';
import { type ParticipantLine, ParticipantSilence, type SilenceKind } from './line.ts';
import { assertWay, type Participant, type Ways } from './participant.ts';
import type { ParticipantRegistry } from './registry-service.ts';

/** Sends signed requests to participants' receivers over kept connections. */
export interface ParticipantClient extends ParticipantLine {
  /** Makes new connections with this; those that are there end when they are idle. */
  renewTls(tls: ClientTls): void;
  close(): Promise<void>;
}

/** Lines over HTTP: signed requests, verified answers, kept connections. */
export function createParticipantClient(options: {
  readonly switchId: string;
  /** The key the switch signs with now. */
  readonly signingKey: () => SigningKey;
  readonly registry: ParticipantRegistry;
  readonly connectionsPerParticipant: number;
  /** For participants whose url is https. */
  readonly tls?: ClientTls | undefined;
  /** What is asked of the certificates that receivers show. */
  readonly checkReceiver?: ReceiverCheck | undefined;
  readonly ways: Ways;
  readonly now: () => Date;
}): ParticipantClient {
  const { switchId, signingKey, registry, ways, now } = options;
  const carrier = createCarrier(options);

  async function exchange(
    participant: Participant,
    path: string,
    body: string,
    request: { readonly jti: string; readonly signal: EventEmitter },
  ): Promise<CarriedAnswer> {
    assertWay(participant.url, ways);
    const url = new URL(participant.url);
    const target = `${url.pathname === '/' ? '' : url.pathname}${path}`;
    const signature = await signDetached(Buffer.from(body), {
      key: signingKey(),
      issuer: switchId,
      audience: participant.id,
      method: 'POST',
      target,
      jti: request.jti,
      issuedAt: now(),
    });
    return carrier.carry({
      participantId: participant.id,
      url: participant.url,
      target,
      body,
      signature,
      signal: request.signal,
    });
  }

  return {
    async post(participant, path, message, { deadlineMs }) {
      const body = JSON.stringify(message);
      const jti = randomUUID();
      const deadline = startDeadline(deadlineMs);
      const { status, bytes, signature } = await exchange(participant, path, body, {
        jti,
        signal: deadline.signal,
      })
        .catch((cause: unknown) => {
          throw new ParticipantSilence(silenceOf(cause, deadline), { cause });
        })
        .finally(() => deadline.end());
      try {
        await verifyAnswer(bytes, signature, {
          keyFor: (kid, issuer) => registry.findMessageKey(kid, issuer),
          issuer: participant.id,
          audience: switchId,
          requestId: jti,
          status,
          now: now(),
        });
        return { status, value: parseJson(bytes), body: bytes.toString(), signature };
      } catch (cause) {
        throw new ParticipantSilence('answer_invalid', { cause });
      }
    },
    renewTls: (tls) => carrier.renewTls(tls),
    close: () => carrier.close(),
  };
}

/** Errors that happen before the first byte of a request is written. */
const notSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // What the participant showed when the connection was made was not its certificate.
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_REVOKED',
  'CRL_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'PARTICIPANT_CERTIFICATE_UNKNOWN',
  // It was not even tried.
  'PARTICIPANT_URL_INSECURE',
]);

function silenceOf(cause: unknown, deadline: Deadline): SilenceKind {
  const { code, syscall } = cause as { readonly code?: unknown; readonly syscall?: unknown };
  // A connection in use can become unreachable too, when the request may have arrived: `read EHOSTUNREACH`.
  const isInUse = syscall === 'read' || syscall === 'write';
  if (typeof code === 'string' && notSentCodes.has(code) && !isInUse) {
    return 'not_sent';
  }
  return deadline.isOver() ? 'timeout' : 'broken';
}

interface Deadline {
  readonly signal: EventEmitter;
  isOver(): boolean;
  end(): void;
}

/** What AbortSignal.timeout does, with an emitter: a tenth of the cost, on every payment. */
function startDeadline(deadlineMs: number): Deadline {
  const signal = new EventEmitter();
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    signal.emit('abort');
  }, deadlineMs);
  return { signal, isOver: () => over, end: () => clearTimeout(timer) };
}
