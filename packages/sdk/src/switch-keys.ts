import { parseJson } from '@barlink/protocol';
import { importJwks, type KeyFor, type VerificationKey } from '@barlink/signing';
import { SdkError } from './sdk-error.ts';
import { type Members, readMembers } from './shape.ts';
import type { Transport } from './transport.ts';

/** The switch's keys, as far as they are known. */
export interface SwitchKeys {
  /** For `verifyAnswer` and `verifyDetached`; knows no key of anybody but the switch. */
  readonly keyFor: KeyFor;
}

/** Options of {@link createSwitchKeys}. */
export interface SwitchKeysOptions {
  readonly switchId: string;
  /** The switch's public JWKs, when they are pinned: nothing is fetched then. */
  readonly pinned?: readonly unknown[] | undefined;
  readonly transport: Transport;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

const refreshAtMostEveryMs = 2_000;
/** Known keys are read again after this long, in the background: one of them may have been revoked. */
const renewAfterMs = 60_000;
const fetchTimeoutMs = 5_000;

/** Keys from `GET /v1/keys`, fetched when one is needed that is not known yet, or the pinned ones only. */
export function createSwitchKeys(options: SwitchKeysOptions): SwitchKeys {
  const { switchId, pinned, transport, monotonicMs = () => performance.now() } = options;
  let known = new Map<string, VerificationKey>();
  let loading: Promise<void> | undefined;
  let loadedAtMs = Number.NEGATIVE_INFINITY;

  const load = async () => {
    const keys = pinned ?? (await fetchPublicJson(transport, '/v1/keys')).values('keys');
    known = await importJwks({ keys });
    loadedAtMs = monotonicMs();
  };
  const loadOnce = () => {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  };
  const mayLoad = () =>
    pinned === undefined
      ? monotonicMs() - loadedAtMs >= refreshAtMostEveryMs
      : loadedAtMs === Number.NEGATIVE_INFINITY;

  return {
    keyFor: (kid, issuer) => {
      if (issuer !== switchId) {
        return undefined;
      }
      const key = known.get(kid);
      if (key !== undefined && pinned === undefined && monotonicMs() - loadedAtMs >= renewAfterMs) {
        // What fails here is tried again with the next message.
        loadOnce().catch(() => undefined);
      }
      if (key !== undefined || (loading === undefined && !mayLoad())) {
        return key;
      }
      return loadOnce().then(() => known.get(kid));
    },
  };
}

/**
 * A document that the switch shows to anyone, unsigned.
 *
 * @throws {SdkError} `SWITCH_UNREACHABLE`, `ANSWER_BODY_INVALID`
 */
export async function fetchPublicJson(transport: Transport, path: string): Promise<Members> {
  const signal = AbortSignal.timeout(fetchTimeoutMs);
  let answer: Awaited<ReturnType<Transport['send']>>;
  try {
    answer = await transport.send({ method: 'GET', path, headers: {}, signal });
  } catch (cause) {
    throw new SdkError('SWITCH_UNREACHABLE', 'The switch cannot be reached.', { cause, retryable: true });
  }
  if (answer.status !== 200) {
    throw new SdkError('SWITCH_UNREACHABLE', `The switch answered ${answer.status} for ${path}.`, {
      status: answer.status,
      retryable: answer.status >= 500,
    });
  }
  try {
    return readMembers(parseJson(answer.body));
  } catch (cause) {
    throw new SdkError('ANSWER_BODY_INVALID', `The answer for ${path} cannot be read.`, { cause });
  }
}
