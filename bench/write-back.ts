/** What decides how evenly a Linux kernel writes to the disk, which the slowest of a hundred feels. */
import { readFile } from 'node:fs/promises';

/**
 * How long the kernel keeps what was written to files, and how often it looks, in words
 * (docs/performance.md); undefined where it does not say.
 */
export async function describeWriteBack(): Promise<string | undefined> {
  const read = async (name: string) => {
    const centiseconds = await readFile(`/proc/sys/vm/${name}`, 'utf8').catch(() => undefined);
    return centiseconds === undefined ? undefined : Number(centiseconds) / 100;
  };
  const keptSeconds = await read('dirty_expire_centisecs');
  const everySeconds = await read('dirty_writeback_centisecs');
  if (keptSeconds === undefined || everySeconds === undefined) return undefined;
  return `the kernel writes back what is ${keptSeconds} s old, every ${everySeconds} s`;
}
