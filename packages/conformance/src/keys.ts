import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSigningKey, importSigningKey, type SigningKey } from '@barlink/signing';

/** A key of the network kept in a folder, readable by its owner only. Made when it is not there yet. */
export async function loadKey(folder: string, name: string): Promise<SigningKey> {
  const file = join(folder, 'keys', `${name}.json`);
  if (existsSync(file)) {
    return importSigningKey(JSON.parse(readFileSync(file, 'utf8')));
  }
  const key = await generateSigningKey('ES256');
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(key.exportPrivateJwk(), null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

/** The operator's public key as a file for the switch's first start; gives the file's name. */
export async function writeOperatorJwk(folder: string): Promise<string> {
  const key = await loadKey(folder, 'operator');
  const file = join(folder, 'keys', 'operator.public.json');
  writeFileSync(file, `${JSON.stringify(key.publicJwk, null, 2)}\n`);
  return file;
}
