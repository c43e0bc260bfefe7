import { isIP } from 'node:net';
import type { ParticipantId } from '@barlink/protocol';
import { ConfigError } from './config-error.ts';

/** Settings of one switch process. Caps, fees and cycle hours are rows of the database, not settings. */
export interface Config {
  /** Where keys and the embedded database live. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** A PostgreSQL to use; without it one is started. */
  readonly databaseUrl: string | undefined;
  /** Connections of one process; one of them writes payments. */
  readonly databaseConnections: number;
  /** How long the database may take to connect or to answer a query. */
  readonly databaseDeadlineMs: number;
  /** This switch as `iss` and `aud` of messages. */
  readonly switchId: ParticipantId;
  /** Four digits that lead payer codes to this network. */
  readonly networkNumber: string;
  /** Who changes a participant's keys: itself too, or the operator alone. */
  readonly keysChangedBy: 'participants' | 'operator';
  /** Addresses of our own gateways, whose X-Forwarded-For tells where a request comes from. */
  readonly gateways: ReadonlySet<string>;
  /** Where URL codes point to, without the code id; `GET /c/{codeId}` of this switch has to answer there. */
  readonly codeUrl: string | undefined;
  /** Public JWK of the first operator, entered when the database knows no operator. */
  /** How the vault seals what is new: AES-256-GCM, or the SM profile; what is there it opens either way. */
  readonly vaultSeal: 'A256GCM' | 'SM4CBC-HSM3';
  readonly operatorJwkFile: string | undefined;
  /** Its TLS certificate, entered with it. */
  readonly operatorCertFile: string | undefined;
  readonly tls: TlsConfig;
  /** The PKCS #11 token that holds the signing key; a file holds it when there is none. */
  readonly token: TokenConfig | undefined;
  readonly issuerDeadlineMs: number;
  readonly inquiryDeadlineMs: number;
  /** Age after which a payment without outcome is taken up by the sweeper. */
  readonly sweepAfterMs: number;
  /** Processes that serve the port; 1 serves in the first one. */
  readonly workers: number;
  /** Requests at work at once in one process, whatever is measured; above it the answer is 503. */
  readonly requestsMax: number;
  /** A request that has no answer after this long is told so; no sender waits longer. */
  readonly answerDeadlineMs: number;
  /** Look-ups of payments that one process answers one participant in a second. */
  readonly lookupsPerSecond: number;
  readonly logLevel: string;
}

/** TLS of the switch (spec/certificates.md 5). */
export interface TlsConfig {
  /** `off`: plain HTTP. `mutual`: TLS ends here. `proxy`: it ends in front of us. */
  readonly mode: 'off' | 'mutual' | 'proxy';
  /** Our certificate and its key, shown to clients and to participants; both or none. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Authorities we trust, for clients and for participants. */
  readonly caFile: string | undefined;
  /** Revocation lists that are made elsewhere. */
  readonly crlFile: string | undefined;
  /** Addresses of the proxies that may say which certificate they saw. */
  readonly proxies: readonly string[];
  /** The operator's authority, when this switch is to issue certificates. */
  readonly authorityCertFile: string | undefined;
  readonly authorityKeyFile: string | undefined;
  /** Where participants find the revocation list; written into certificates. */
  readonly crlUrl: string | undefined;
  /** A port without TLS for health, metrics and the revocation list. */
  readonly publicPort: number | undefined;
}

/** Where the signing key lies in a token. */
export interface TokenConfig {
  readonly library: string;
  readonly token: string;
  readonly key: string;
  readonly pinFile: string;
}

/** The only reader of the environment. @throws {ConfigError} `CONFIG_VALUE_INVALID` */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const text = (name: string, fallback: string) => environment[name] ?? fallback;
  const matching = (name: string, fallback: string, form: RegExp) => {
    const value = text(name, fallback);
    if (!form.test(value)) {
      throw new ConfigError('CONFIG_VALUE_INVALID', { path: name });
    }
    return value;
  };
  const whole = (name: string, fallback: number) => Number(matching(name, String(fallback), /^\d{1,9}$/));
  return Object.freeze({
    folder: text('BARLINK_FOLDER', '.barlink'),
    host: text('BARLINK_HOST', '127.0.0.1'),
    port: whole('BARLINK_PORT', 8080),
    databaseUrl: environment.DATABASE_URL,
    databaseConnections: whole('BARLINK_DATABASE_CONNECTIONS', 8),
    databaseDeadlineMs: whole('BARLINK_DATABASE_DEADLINE_MS', 5000),
    switchId: matching('BARLINK_SWITCH_ID', 'barlink-switch', participantId) as ParticipantId,
    networkNumber: matching('BARLINK_NETWORK_NUMBER', '0001', /^\d{4}$/),
    keysChangedBy: matching(
      'BARLINK_KEYS_CHANGED_BY',
      'participants',
      /^(participants|operator)$/,
    ) as Config['keysChangedBy'],
    gateways: new Set(
      text('BARLINK_GATEWAYS', '')
        .split(',')
        .filter((address) => address !== ''),
    ),
    codeUrl: environment.BARLINK_CODE_URL && matching('BARLINK_CODE_URL', '', codeUrl),
    vaultSeal: matching('BARLINK_VAULT_PROFILE', 'aes', /^(aes|sm)$/) === 'sm' ? 'SM4CBC-HSM3' : 'A256GCM',
    operatorJwkFile: environment.BARLINK_OPERATOR_JWK_FILE,
    operatorCertFile: environment.BARLINK_OPERATOR_CERT_FILE,
    tls: readTlsConfig(environment),
    token: readTokenConfig(environment),
    issuerDeadlineMs: whole('BARLINK_ISSUER_DEADLINE_MS', 4000),
    inquiryDeadlineMs: whole('BARLINK_INQUIRY_DEADLINE_MS', 1500),
    sweepAfterMs: whole('BARLINK_SWEEP_AFTER_MS', 12_000),
    workers: Math.max(1, whole('BARLINK_WORKERS', 1)),
    requestsMax: whole('BARLINK_REQUESTS_MAX', 2000),
    answerDeadlineMs: whole('BARLINK_ANSWER_DEADLINE_MS', 10_000),
    lookupsPerSecond: whole('BARLINK_LOOKUPS_PER_SECOND', 200),
    logLevel: text('BARLINK_LOG_LEVEL', 'info'),
  });
}

/** https, or plain http on this machine for a sandbox; short, because it goes into a QR symbol. */
const codeUrl =
  /^(?:https:\/\/[a-z0-9.-]{1,100}(?::\d{1,5})?|http:\/\/(?:localhost|127\.0\.0\.1):\d{1,5})\/c\/$/;
const participantId = /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/;

const modes = ['off', 'mutual', 'proxy'] as const;

/** What a mode needs must be there, and what belongs together must be together. */
function readTlsConfig(environment: NodeJS.ProcessEnv): TlsConfig {
  const mode = modes.find((each) => each === (environment.BARLINK_TLS ?? 'off'));
  if (mode === undefined) {
    throw new ConfigError('CONFIG_VALUE_INVALID', { path: 'BARLINK_TLS' });
  }
  const proxies = (environment.BARLINK_TLS_PROXIES ?? '').split(',').filter((address) => address !== '');
  const publicPort = environment.BARLINK_PUBLIC_PORT;
  const files = ['BARLINK_TLS_CERT_FILE', 'BARLINK_TLS_KEY_FILE', 'BARLINK_TLS_CA_FILE'];
  const hasFiles = files.some((name) => environment[name] !== undefined);
  const authority = ['BARLINK_CA_CERT_FILE', 'BARLINK_CA_KEY_FILE'];
  const hasAuthority = authority.some((name) => environment[name] !== undefined);
  const missing = [
    ...(mode === 'mutual' || hasFiles ? files : []),
    ...(hasAuthority ? authority : []),
    ...(mode === 'proxy' ? ['BARLINK_TLS_PROXIES'] : []),
  ].find((name) => (environment[name] ?? '') === '');
  const invalid = proxies.some((address) => isIP(address) === 0) ? 'BARLINK_TLS_PROXIES' : missing;
  const badPort = publicPort !== undefined && !/^\d{1,5}$/.test(publicPort) ? 'BARLINK_PUBLIC_PORT' : invalid;
  if (badPort !== undefined) {
    throw new ConfigError('CONFIG_VALUE_INVALID', { path: badPort });
  }
  return Object.freeze({
    mode,
    certFile: environment.BARLINK_TLS_CERT_FILE,
    keyFile: environment.BARLINK_TLS_KEY_FILE,
    caFile: environment.BARLINK_TLS_CA_FILE,
    crlFile: environment.BARLINK_TLS_CRL_FILE,
    proxies,
    authorityCertFile: environment.BARLINK_CA_CERT_FILE,
    authorityKeyFile: environment.BARLINK_CA_KEY_FILE,
    crlUrl: environment.BARLINK_CRL_URL,
    publicPort: publicPort === undefined ? undefined : Number(publicPort),
  });
}

function readTokenConfig(environment: NodeJS.ProcessEnv): TokenConfig | undefined {
  const names = [
    'BARLINK_TOKEN_LIBRARY',
    'BARLINK_TOKEN_LABEL',
    'BARLINK_TOKEN_KEY',
    'BARLINK_TOKEN_PIN_FILE',
  ];
  const [library, token, key, pinFile] = names.map((name) => environment[name]);
  if (library === undefined) {
    return undefined;
  }
  if (token === undefined || key === undefined || pinFile === undefined) {
    const path = names.find((name) => environment[name] === undefined) ?? '';
    throw new ConfigError('CONFIG_VALUE_INVALID', { path });
  }
  return Object.freeze({ library, token, key, pinFile });
}
