import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A group of processes that serve one port; all their state is in the database. */
export interface WorkerGroup {
  /** Where they answer. */
  readonly url: string;
  /** Asks all to stop and waits for them. */
  stop(): Promise<void>;
}

/** A worker that ended is started again after this long, so that one that cannot start does not spin. */
const restartAfterMs = 500;

/** What V8 is told for a worker. */
const v8Flags = [
  // Helper threads. V8 takes four, which all wait for a processor when there are no more processors than
  // workers, and the main thread waits for the last of them.
  '--v8-pool-size=1',
  // A worker keeps some 40 MB, and V8 would collect all of it again for 8 MB more: every two seconds at 650
  // payments/s, each time at half its speed for a tenth of a second. It waits for four times what is kept.
  '--heap-growing-percent=300',
];

/**
 * Starts `count` copies of this program and resolves when all of them listen. One that dies is replaced: what
 * it had at work is taken up by the others' sweepers and outboxes.
 */
export async function startWorkers(options: {
  readonly count: number;
  /** What the workers speak. */
  readonly scheme: 'http' | 'https';
  readonly onDeath: (what: {
    readonly pid: number | undefined;
    readonly code: number;
    readonly signal: string;
  }) => void;
}): Promise<WorkerGroup> {
  let isStopping = false;
  cluster.setupPrimary({ execArgv: [...process.execArgv, ...v8Flags] });
  cluster.on('exit', (worker, code, signal) => {
    if (!isStopping) {
      options.onDeath({ pid: worker.process.pid, code, signal });
      setTimeout(() => isStopping || cluster.fork(), restartAfterMs);
    }
  });
  const workers = Array.from({ length: options.count }, () => cluster.fork());
  const addresses = await Promise.all(workers.map(listening));
  return {
    url: `${options.scheme}://${addresses[0]?.address ?? ''}:${addresses[0]?.port ?? ''}`,
    async stop() {
      isStopping = true;
      const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(
        living.map(async (worker) => {
          const ended = once(worker, 'exit');
          worker.process.kill('SIGTERM');
          await ended;
        }),
      );
    },
  };
}

async function listening(worker: Worker): Promise<AddressInfo> {
  const [address] = (await once(worker, 'listening')) as [AddressInfo];
  return address;
}
