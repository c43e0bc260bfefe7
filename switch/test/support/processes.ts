import { readdir, readFile } from 'node:fs/promises';

/** The processes that a process started and that live; undefined where the system does not tell. */
export async function readChildren(parent: number): Promise<readonly number[] | undefined> {
  const pids = await readdir('/proc').catch(() => undefined);
  const stats = pids
    ?.filter((name) => /^\d+$/.test(name))
    .map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [state, of] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return state !== 'Z' && Number(of) === parent ? [Number(pid)] : [];
    });
  return stats === undefined ? undefined : (await Promise.all(stats)).flat();
}

/** Sends a signal to processes, some of which may have ended meanwhile. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }
}
