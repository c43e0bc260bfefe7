import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

/** True when this process can read the file, following links. */
export async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** False for a path that initdb would misread: it starts the server through a shell, in double quotes. */
export function isPlainForShell(path: string): boolean {
  return process.platform === 'win32' || !/["$`\\\n]/.test(path);
}
