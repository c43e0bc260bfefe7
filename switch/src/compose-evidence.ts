import type { ParticipantId } from '@barlink/protocol';
import type { SigningKey } from '@barlink/signing';
import type { AuditService, KeptEvidence } from './audit/index.ts';
import type { Config } from './config.ts';
import { createEvidenceService, type EvidenceService } from './evidence/index.ts';
import type { SwitchKeys } from './key-files.ts';
import type { ParticipantRegistry } from './participants/index.ts';
import type { PaymentService } from './payments/index.ts';
import { type Keyring, sealedMark, type Vault } from './tokens/index.ts';

/** Opens what of a kept message is sealed; `undefined` when it is not. */
export type SealedOpener = (kept: KeptEvidence) => Promise<{ signature: string; body: Buffer } | undefined>;

/** Evidence reads what other modules keep. */
export function composeEvidence(parts: {
  readonly audit: AuditService;
  readonly registry: ParticipantRegistry;
  readonly payments: PaymentService;
  readonly vault: { readonly openSealed: SealedOpener };
  readonly signingKey: () => SigningKey;
  readonly keys: SwitchKeys;
  readonly config: Config;
  readonly now: () => Date;
}): EvidenceService {
  const { audit, registry, payments, vault, signingKey, keys, config, now } = parts;
  return createEvidenceService({
    audit,
    registry,
    listWords: (subject, viewer) => payments.listWords(subject, viewer),
    openSealed: vault.openSealed,
    signingKey,
    switchJwks: () => keys.signingKeys.publish(),
    switchId: config.switchId,
    now,
  });
}

/** Opens with the key a message was sealed with, which another process may have made. */
export function createSealedOpener({
  keyring,
  vault,
}: {
  readonly keyring: Keyring;
  readonly vault: Vault;
}): SealedOpener {
  return async ({ sender, idempotencyKey, signature, body }) => {
    if (signature !== sealedMark) {
      return undefined;
    }
    const { keyId } = JSON.parse(body) as { readonly keyId: string };
    await keyring.ensure([keyId]);
    return vault.openMessage({ sender: sender as ParticipantId, idempotencyKey, body: Buffer.from(body) });
  };
}
