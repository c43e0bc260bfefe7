import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../../../shared/vectors/', import.meta.url);

/**
 * Published test data of others, which lies beside the repository and never in it. Where it is not there, the
 * running test is skipped and says so.
 *
 * @param name under `../shared/vectors`, for example `crypto/sm3_gbt32905.json`
 */
export function needPublished<T>(test: { skip(): never }, name: string): T {
  const file = new URL(name, folder);
  if (!existsSync(file)) {
    process.stderr.write(`      skipped: ../shared/vectors/${name} is not there\n`);
    return test.skip();
  }
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
