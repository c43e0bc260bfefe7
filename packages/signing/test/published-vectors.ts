import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../../../shared/vectors/crypto/', import.meta.url);

/** Published test data that lies beside the repository; `undefined` where it does not. */
function readPublished<T>(name: string): T | undefined {
  const file = new URL(name, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}

/** Skips the running test when its data is not there, and says so. */
export function needPublished<T>(context: Mocha.Context, name: string): T {
  const data = readPublished<T>(name);
  if (data === undefined) {
    context.test?.title && console.warn(`      skipped: ../shared/vectors/crypto/${name} is not there`);
    return context.skip();
  }
  return data;
}
