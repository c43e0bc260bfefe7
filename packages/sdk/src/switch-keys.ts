import { importVerificationKey, type KeyFor, type VerificationKey } from '@barlink/signing';
import { SdkError } from './sdk-error.ts';
import { readMembers } from './shape.ts';
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
const fetchTimeoutMs = 5_000;

/** Keys from `GET /v1/keys`, fetched when one is needed that is not known yet, or the pinned ones only. */
export function createSwitchKeys(options: SwitchKeysOptions): SwitchKeys {
  const { switchId, pinned, transport, monotonicMs = () => performance.now() } = options;
  const known = new Map<string, VerificationKey>();
  let loading: Promise<void> | undefined;
  let loadedAtMs = Number.NEGATIVE_INFINITY;

  const load = async () => {
    const jwks = pinned ?? (await fetchJwks(transport, '/v1/keys'));
    const keys = await Promise.all(jwks.map((jwk) => importVerificationKey(jwk)));
    known.clear();
    for (const key of keys) {
      known.set(key.kid, key);
    }
    loadedAtMs = monotonicMs();
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
      if (key !== undefined || (loading === undefined && !mayLoad())) {
        return key;
      }
      loading ??= load().finally(() => {
        loading = undefined;
      });
      return loading.then(() => known.get(kid));
    },
  };
}

/** The keys of a JWKS that the switch shows to anyone. @throws {SdkError} `SWITCH_UNREACHABLE` */
export async function fetchJwks(transport: Transport, path: string): Promise<readonly unknown[]> {
  const { keys } = await fetchPublicJson(transport, path);
  if (!Array.isArray(keys)) {
    throw new SdkError('ANSWER_BODY_INVALID', 'The key list has no keys.', { path: '/keys' });
  }
  return keys;
}

/** A document that the switch shows to anyone, unsigned. @throws {SdkError} `SWITCH_UNREACHABLE` */
export async function fetchPublicJson(
  transport: Transport,
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
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
  const value: unknown = JSON.parse(new TextDecoder().decode(answer.body));
  readMembers(value);
  return value as Readonly<Record<string, unknown>>;
}
