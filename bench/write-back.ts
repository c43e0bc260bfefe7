/** What decides how evenly a Linux kernel writes to the disk, which the slowest of a hundred feels. */
import { readFile } from 'node:fs/promises';

/** How long the kernel keeps what was written to files and how often it looks (docs/performance.md). */
export async function describeWriteBack(): Promise<string> {
  const readSeconds = async (name: string) => Number(await readFile(`/proc/sys/vm/${name}`, 'utf8')) / 100;
  try {
    const keptSeconds = await readSeconds('dirty_expire_centisecs');
    const everySeconds = await readSeconds('dirty_writeback_centisecs');
    return `the kernel writes back what is ${keptSeconds} s old, every ${everySeconds} s`;
  } catch {
    return 'how the kernel writes back is not known';
  }
}
