import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Authority,
  type Certificate,
  openAuthority,
  type Revocation,
  type RevocationReason,
} from '@barlink/signing/certificates';
import { closeSecretFolder, readSecretFile, writeSecretFile } from '@barlink/signing/keystore';
import { CliError } from './cli-error.ts';
import { type Io, readInput } from './io.ts';

/** What an authority did, one line of JSON each. */
type Entry =
  | { readonly did: 'issued'; readonly serial: string; readonly subject: string; readonly notAfter: string }
  | {
      readonly did: 'revoked';
      readonly serial: string;
      readonly at: string;
      readonly reason: RevocationReason;
    };

/** An authority's folder: `ca.key.pem`, `ca.cert.pem`, and `record.jsonl` of what it did. */
export interface CaFolder {
  readonly authority: Authority;
  noteIssued(certificate: Certificate): Promise<void>;
  /** @throws {CliError} `CLI_OPTION_INVALID` when no such certificate was issued here, or it is revoked */
  revoke(serial: string, revoked: { readonly at: Date; readonly reason: RevocationReason }): Promise<void>;
  /** Everything revoked whose time is not over. */
  listRevoked(now: Date): Promise<readonly Revocation[]>;
}

/** Makes the folder of a new authority. */
export async function makeCaFolder(
  folder: string,
  made: { readonly certificatePem: string; readonly privateKeyPem: string },
): Promise<void> {
  await closeSecretFolder(folder);
  try {
    await writeSecretFile(join(folder, 'ca.key.pem'), made.privateKeyPem);
  } catch (cause) {
    throw new CliError('CLI_FILE_EXISTS', `${folder} holds an authority already.`, { path: folder, cause });
  }
  await writeFile(join(folder, 'ca.cert.pem'), made.certificatePem);
}

/** Opens the folder of an authority. */
export async function openCaFolder(folder: string, io: Io): Promise<CaFolder> {
  const privateKeyPem = (await readSecretFile(join(folder, 'ca.key.pem'))).toString('utf8');
  const certificatePem = (await readInput(join(folder, 'ca.cert.pem'), io)).toString('utf8');
  const record = join(folder, 'record.jsonl');
  const read = async (): Promise<readonly Entry[]> => {
    const text = await readFile(record, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry);
  };
  const note = (entry: Entry) => appendFile(record, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  return {
    authority: await openAuthority({ certificatePem, privateKeyPem }),
    noteIssued: ({ serial, subject, notAfter }) =>
      note({ did: 'issued', serial, subject, notAfter: notAfter.toISOString() }),
    async revoke(serial, { at, reason }) {
      const entries = await read();
      const isIssued = entries.some((entry) => entry.did === 'issued' && entry.serial === serial);
      const isRevoked = entries.some((entry) => entry.did === 'revoked' && entry.serial === serial);
      if (!isIssued || isRevoked) {
        const why = isRevoked ? 'is revoked already' : 'was not issued here';
        throw new CliError('CLI_OPTION_INVALID', `The certificate ${serial} ${why}.`, { path: serial });
      }
      await note({ did: 'revoked', serial, at: at.toISOString(), reason });
    },
    async listRevoked(now) {
      const entries = await read();
      const living = new Set(
        entries.flatMap((entry) =>
          entry.did === 'issued' && new Date(entry.notAfter) > now ? [entry.serial] : [],
        ),
      );
      return entries.flatMap((entry) =>
        entry.did === 'revoked' && living.has(entry.serial)
          ? [{ serial: entry.serial, at: new Date(entry.at), reason: entry.reason }]
          : [],
      );
    },
  };
}
