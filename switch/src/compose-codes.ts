import { randomInt } from 'node:crypto';
import type { SigningKey } from '@barlink/signing';
import type { AuditService } from './audit/index.ts';
import {
  createCodeDocumentStore,
  createCodeDocuments,
  createCodeKeyset,
  createCodeService,
  createCodeStore,
} from './codes/index.ts';
import type { ComposeOptions } from './compose.ts';
import type { ParticipantRegistry } from './participants/index.ts';

/** Merchant codes, their documents, and the keyset to verify both with. */
export function composeCodes(
  { config, database, now }: Pick<ComposeOptions, 'config' | 'database' | 'now'>,
  parts: {
    readonly audit: AuditService;
    readonly registry: ParticipantRegistry;
    readonly signingKey: () => SigningKey;
  },
) {
  const { audit, registry, signingKey } = parts;
  const { switchId, codeUrl } = config;
  const codeStore = createCodeStore();
  const keyset = createCodeKeyset({ registry, signingKey, switchId, now });
  const documentStore = createCodeDocumentStore();
  const documents = createCodeDocuments({ database, store: documentStore, audit, keyset, now });
  const codes = createCodeService({
    database,
    store: codeStore,
    audit,
    registry,
    keyset,
    documents,
    codeUrl,
    now,
    random32: () => randomInt(2 ** 32),
  });
  return { codeStore, keyset, documents, codes };
}
