import type { ParticipantId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import { type CertificateFault, findFault, type ParticipantCertificate } from './certificate.ts';
import type { CertificateStore } from './certificate-store.ts';

/** Whose certificate is whose, held in memory as the register is. */
export interface CertificateRegistry {
  /** Whose a certificate is, by thumbprint, and why it does not count if it does not. */
  find(
    thumbprint: string,
  ): { readonly owner: ParticipantId; readonly fault: CertificateFault | undefined } | undefined;
  /** Looks in the database once more for one nobody knows: another process may have just entered it. */
  lookAgain(): Promise<void>;
  /** All of a participant, or all there are; revoked and expired ones too. */
  list(participantId?: string): readonly ParticipantCertificate[];
  refresh(): Promise<void>;
  /** Ends after the look at work: one that is cut short would be taken for a fault. */
  stop(): Promise<void>;
}

/** Least time between two reads for unknown certificates: strangers may show any. */
const lookAgainMs = 250;

/**
 * Reads the table once, then keeps what it says fresh; `onChange` hears of every change, its own and others'.
 */
export async function createCertificateRegistry(options: {
  readonly database: Queryable;
  readonly store: CertificateStore;
  readonly now: () => Date;
  readonly refreshMs: number;
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
  /** Runs work again and again, one round after the other; what it gives back ends that and waits. */
  readonly repeat: (
    work: () => Promise<unknown>,
    options: { readonly everyMs: number; readonly onError: (error: unknown) => void },
  ) => () => Promise<void>;
}): Promise<CertificateRegistry> {
  const { database, store, now, onChange, onError } = options;
  let all: readonly ParticipantCertificate[] = [];
  let byThumbprint: ReadonlyMap<string, ParticipantCertificate> = new Map();
  let tag = '';
  let begun = 0;
  let shown = 0;

  async function refresh(): Promise<void> {
    begun += 1;
    const turn = begun;
    const fresh = await store.listCertificates(database);
    // A slow read that began earlier must not put back what a later one has seen change.
    if (turn <= shown) {
      return;
    }
    shown = turn;
    all = fresh;
    byThumbprint = new Map(fresh.map((certificate) => [certificate.thumbprint, certificate]));
    const next = fresh.map(({ thumbprint, revokedAt }) => `${thumbprint}${revokedAt?.getTime()}`).join();
    if (next !== tag) {
      tag = next;
      onChange();
    }
  }

  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  await refresh();
  const stop = options.repeat(refresh, { everyMs: options.refreshMs, onError });
  return {
    find(thumbprint) {
      const certificate = byThumbprint.get(thumbprint);
      return certificate && { owner: certificate.participantId, fault: findFault(certificate, now()) };
    },
    list: (participantId) =>
      participantId === undefined ? all : all.filter((each) => each.participantId === participantId),
    async lookAgain() {
      if (performance.now() - lookedAt < lookAgainMs) {
        return;
      }
      looking ??= refresh().finally(() => {
        looking = undefined;
        lookedAt = performance.now();
      });
      await looking;
    },
    refresh,
    stop,
  };
}
