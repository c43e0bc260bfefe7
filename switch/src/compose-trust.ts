import type { Server } from 'node:http';
import { certificateThumbprint } from '@barlink/signing/certificates';
import type { AuditService } from './audit/index.ts';
import type { ComposeOptions } from './compose.ts';
import type { Config } from './config.ts';
import type { CertificateSource } from './http/index.ts';
import {
  createCertificateRegistry,
  createCertificateService,
  createCertificateStore,
  createKeyService,
  createParticipantService,
  type OpenPositions,
  ParticipantError,
  type ParticipantRegistry,
  type ParticipantStore,
  type ReceiverCheck,
  type Ways,
} from './participants/index.ts';
import { repeatInTurn } from './repeat.ts';
import { createRevocations } from './revocations.ts';

/** Least time between two looks at the certificates of the database. */
const refreshMs = 1000;

/** Whose certificate is whose, and which are revoked. */
export async function composeTrust({ database, keys, tls, now, onError }: ComposeOptions) {
  const store = createCertificateStore();
  const { authority } = keys;
  let renew = () => Promise.resolve();
  const certificates = await createCertificateRegistry({
    database,
    store,
    now,
    refreshMs,
    repeat: repeatInTurn,
    onChange: () => void renew().catch((error: unknown) => onError(error, 'revocation list')),
    onError: (error) => onError(error, 'certificates'),
  });
  const revocations = await createRevocations({ authority, files: tls, certificates, now });
  renew = revocations.renew;
  return { certificates, certificateStore: store, revocations };
}

/** The use cases of who is connected: participants, their keys and their certificates. */
export function composeRegister(
  { database, keys, config, now }: ComposeOptions,
  parts: {
    readonly trust: Awaited<ReturnType<typeof composeTrust>>;
    readonly audit: AuditService;
    readonly store: ParticipantStore;
    readonly registry: ParticipantRegistry;
    readonly openPositions: OpenPositions;
  },
) {
  const { trust, audit, store, registry, openPositions } = parts;
  const { certificates, certificateStore, revocations } = trust;
  const { switchId, keysChangedBy: changedBy } = config;
  return {
    participants: createParticipantService({
      audit,
      database,
      store,
      registry,
      openPositions,
      ways: waysOf(config),
      now,
    }),
    participantKeys: createKeyService({ audit, store, registry, switchId, changedBy, now }),
    certificateService: createCertificateService({
      audit,
      database,
      store: certificateStore,
      certificates,
      registry,
      authority: keys.authority,
      trusted: () => revocations.trusted,
      revocationListUrl: config.tls.crlUrl,
      now,
    }),
  };
}

/** With whom lines to participants are made, and how (spec/certificates.md 5.1). */
export function lineTrust(
  config: Config,
  { certificates, revocations }: Awaited<ReturnType<typeof composeTrust>>,
) {
  const checkReceiver: ReceiverCheck = (participantId, der) => {
    const found = certificates.find(certificateThumbprint(der));
    const counts = found?.owner === participantId && found.fault === undefined;
    return counts ? undefined : new ParticipantError('PARTICIPANT_CERTIFICATE_UNKNOWN');
  };
  return {
    tls: revocations.material,
    // Without TLS at the switch's own door no certificates are entered.
    checkReceiver: config.tls.mode === 'off' ? undefined : checkReceiver,
    ways: waysOf(config),
  };
}

/** Behind a proxy that ends TLS the way out may lead through a proxy too. */
function waysOf({ tls }: Config): Ways {
  return tls.mode === 'mutual' ? 'tls' : 'any';
}

/** How this switch learns which certificate a request came with. */
export function certificateSource({ tls }: Config): CertificateSource {
  switch (tls.mode) {
    case 'mutual':
      return { kind: 'connection' };
    case 'proxy':
      return { kind: 'proxy', addresses: new Set(tls.proxies) };
    case 'off':
      return { kind: 'none' };
    default:
      return tls.mode satisfies never;
  }
}

/** Lets requests at work end; one that does not listen is closed already. */
export async function closeServer(server: Server): Promise<void> {
  if (server.listening) {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  }
}
