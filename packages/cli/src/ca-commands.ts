import {
  assertRequestFits,
  certificateDaysMax,
  createAuthority,
  createCertificateRequest,
  generateTlsKey,
  importPkcs12,
  type RevocationReason,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';
import { readSecretFile, writeSecretFile } from '@barlink/signing/keystore';
import { type Command, Option } from 'commander';
import { makeCaFolder, openCaFolder } from './ca-folder.ts';
import { CliError } from './cli-error.ts';
import { type Io, print, printJson, readInput, writeOutput } from './io.ts';

const reasons: readonly RevocationReason[] = [
  ...(['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'] as const),
];
const folderOption = () => new Option('--folder <folder>', 'where the authority is kept').default('ca');
const collect = (value: string, before: readonly string[]) => [...before, value];

/** `barlink ca init|issue|revoke|crl`, `barlink csr`. */
export function addCaCommands(program: Command, io: Io): void {
  const ca = program.command('ca').description("the operator's authority for TLS certificates");
  ca.command('init')
    .description('make an authority: an EC P-256 key and a certificate signed with it')
    .requiredOption('--name <text>', 'its common name')
    .option('--years <number>', 'how long it lasts', '10')
    .option('--permit-dns <domain>', 'only hosts below this domain; may be repeated', collect, [])
    .option('--permit-network <range>', 'only addresses in this IPv4 network; may be repeated', collect, [])
    .addOption(folderOption())
    .action((options: InitOptions) => init(options, io));
  ca.command('issue')
    .argument('<request>', 'the request of a participant (PKCS #10 in PEM)')
    .description('check a request and sign a certificate for it')
    .requiredOption('--participant <id>', 'whom it is for')
    .option('--host <host>', 'a host where it answers, as registered; may be repeated', collect, [])
    .option('--days <number>', `how long it lasts, ${certificateDaysMax} at the most`, '90')
    .option('--crl-url <url>', 'where the revocation list is published')
    .option('-o, --out <file>', 'where the certificate goes', '-')
    .addOption(folderOption())
    .action((request: string, options: IssueOptions) => issue(request, options, io));
  ca.command('revoke')
    .argument('<serial>', 'serial number in hexadecimal')
    .description('note that a certificate no longer counts; `ca crl` tells others')
    .addOption(new Option('--reason <name>', 'why').choices([...reasons]).default('unspecified'))
    .addOption(folderOption())
    .action(async (serial: string, { folder, reason }: { folder: string; reason: RevocationReason }) => {
      const opened = await openCaFolder(folder, io);
      await opened.revoke(serial.toLowerCase().replaceAll(':', ''), { at: io.now(), reason });
    });
  ca.command('crl')
    .description('sign the list of revoked certificates')
    .option('-o, --out <file>', 'PEM, or DER when it ends in .der or .crl', '-')
    .option('--days <number>', 'until the next one', '7')
    .addOption(folderOption())
    .action(async ({ folder, out, days }: { folder: string; out: string; days: string }) => {
      const opened = await openCaFolder(folder, io);
      const now = io.now();
      const revoked = await opened.listRevoked(now);
      const wanted = { revoked, number: now.getTime(), now, days: wholeOf(days, '--days') };
      const list = await opened.authority.signRevocationList(wanted);
      await writeOutput(out, /\.(?:der|crl)$/.test(out) ? list.der : list.pem, { io });
    });
  addCsrCommand(program, io);
}

interface InitOptions {
  readonly name: string;
  readonly years: string;
  readonly permitDns: readonly string[];
  readonly permitNetwork: readonly string[];
  readonly folder: string;
}

async function init(
  { name, years, permitDns: dns, permitNetwork, folder }: InitOptions,
  io: Io,
): Promise<void> {
  const isBounded = dns.length + permitNetwork.length > 0;
  const made = await createAuthority({
    name,
    now: io.now(),
    years: wholeOf(years, '--years'),
    ...(isBounded ? { constraints: { dns, networks: permitNetwork } } : {}),
  });
  await makeCaFolder(folder, made);
  print(io, made.certificatePem.trimEnd());
}

interface IssueOptions {
  readonly participant: string;
  readonly host: readonly string[];
  readonly days: string;
  readonly crlUrl?: string;
  readonly out: string;
  readonly folder: string;
}

async function issue(path: string, options: IssueOptions, io: Io): Promise<void> {
  const { participant: participantId, host: hosts, out, folder } = options;
  const { authority, noteIssued } = await openCaFolder(folder, io);
  const request = await verifyCertificateRequest((await readInput(path, io)).toString('utf8'));
  // Which keys sign is known to the switch, which checks it when the certificate is entered.
  assertRequestFits(request, { participantId, hosts, otherKeys: new Set() });
  const certificate = await authority.issue({
    participantId,
    hosts: request.hosts,
    publicKey: request.publicKey,
    now: io.now(),
    days: wholeOf(options.days, '--days'),
    revocationListUrl: options.crlUrl,
  });
  await noteIssued(certificate);
  await writeOutput(out, certificate.pem, { io });
}

function addCsrCommand(program: Command, io: Io): void {
  program
    .command('csr')
    .description('make a TLS key and a request for a certificate; the key stays here')
    .requiredOption('--participant <id>', 'who asks')
    .option('--host <host>', 'a host where it answers; may be repeated', collect, [])
    .requiredOption('--key <file>', 'private key (PEM); made, for you only, when it is not there')
    .option('-o, --out <file>', 'where the request goes', '-')
    .action(async (options: { participant: string; host: string[]; key: string; out: string }) => {
      const { participant: participantId, host: hosts, key, out } = options;
      await writeSecretFile(key, generateTlsKey()).catch((error: { code?: unknown }) => {
        if (error.code !== 'EEXIST') {
          throw error;
        }
      });
      const privateKeyPem = (await readSecretFile(key)).toString('utf8');
      await writeOutput(out, await createCertificateRequest({ participantId, hosts, privateKeyPem }), { io });
    });
}

/** `barlink keys import`: a PKCS #12 file becomes a key and a chain in PEM. */
export function addImportCommand(keys: Command, io: Io): void {
  keys
    .command('import')
    .description('open a PKCS #12 file: a TLS key and its certificates in PEM')
    .requiredOption('--p12 <file>', 'the file (.p12, .pfx)')
    .requiredOption('--password-file <file>', 'its password, in a file that only you can read')
    .requiredOption('--key <file>', 'where the private key goes (PEM); never overwritten')
    .requiredOption('--cert <file>', 'where the certificate and its issuers go (PEM)')
    .option('--json', 'answer in JSON')
    .action(async (options: ImportOptions) => {
      const password = (await readSecretFile(options.passwordFile)).toString('utf8').replace(/\r?\n$/, '');
      const { privateKeyPem, certificatePem, chainPem } = importPkcs12(
        await readInput(options.p12, io),
        password,
      );
      await writeOutput(options.key, privateKeyPem, { io, existing: 'refuse', mode: 0o600 });
      await writeOutput(options.cert, [certificatePem, ...chainPem].join(''), { io });
      if (options.json) {
        printJson(io, { key: options.key, certificate: options.cert, issuers: chainPem.length });
      } else {
        print(io, `${options.key} and ${options.cert}, with ${chainPem.length} issuers`);
      }
    });
}

interface ImportOptions {
  readonly p12: string;
  readonly passwordFile: string;
  readonly key: string;
  readonly cert: string;
  readonly json?: true;
}

function wholeOf(text: string, path: string): number {
  if (!/^\d{1,5}$/.test(text)) {
    throw new CliError('CLI_OPTION_INVALID', 'This is not a whole number.', { path });
  }
  return Number(text);
}
