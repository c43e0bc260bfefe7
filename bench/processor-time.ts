/** Processor time by process, where the system tells (Linux counts it in hundredths of a second). */
import { readdir, readFile } from 'node:fs/promises';

/** User and system time of one process so far, in ms; 0 when it is not known. */
export async function readCpuMs(pid: number): Promise<number> {
  return (await readStat(pid))?.cpuMs ?? 0;
}

/** The same for all children of a process that live now, ended ones that it waited for included. */
export async function readChildrenCpuMs(parent: number): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(readStat));
  const children = stats.filter((stat) => stat?.parent === parent).map((stat) => stat?.cpuMs ?? 0);
  const ended = (await readStat(parent))?.endedChildrenCpuMs ?? 0;
  return children.reduce((sum, cpuMs) => sum + cpuMs, ended);
}

/** The process that started this one; undefined when it is not known. */
export async function readParent(pid: number): Promise<number | undefined> {
  return (await readStat(pid))?.parent;
}

interface Stat {
  readonly parent: number;
  readonly cpuMs: number;
  readonly endedChildrenCpuMs: number;
}

// proc(5): after the command in brackets come state, ppid (4th field) and, from the 14th, utime stime cutime
// cstime.
async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent] = fields;
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
  if (parent === undefined || Number.isNaN(parent)) {
    return undefined;
  }
  return { parent, cpuMs: (user + system) * 10, endedChildrenCpuMs: (endedUser + endedSystem) * 10 };
}
