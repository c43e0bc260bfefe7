import type { BatchProgress } from '@barlink/print';
import { colorsOf, type Io } from './io.ts';

/** A line that says how far a batch is: redrawn on a terminal, every tenth in a log. */
export interface ProgressBar {
  readonly show: (progress: BatchProgress) => void;
  readonly close: () => void;
}

/** A progress bar on stderr. */
export function createProgressBar(io: Io): ProgressBar {
  const { stderr } = io;
  const startedMs = io.now().getTime();
  let drawnMs = 0;
  let tenth = -1;
  return {
    show(progress) {
      const { printed, skipped, bad, total } = progress;
      const done = printed + skipped + bad;
      const nowMs = io.now().getTime();
      if (stderr.isTTY === true) {
        if (nowMs - drawnMs >= 80 || done === total) {
          drawnMs = nowMs;
          stderr.write(`\r\u001b[2K${barOf(progress, { io, elapsedMs: nowMs - startedMs })}`);
        }
      } else if (Math.floor((done / total) * 10) > tenth) {
        tenth = Math.floor((done / total) * 10);
        stderr.write(`${done} of ${total}\n`);
      }
    },
    close() {
      if (stderr.isTTY === true && drawnMs > 0) {
        stderr.write('\r\u001b[2K');
      }
    },
  };
}

function barOf(
  { printed, skipped, bad, total }: BatchProgress,
  { io, elapsedMs }: { readonly io: Io; readonly elapsedMs: number },
): string {
  const { green, dim, red } = colorsOf(io.stderr, io);
  const done = printed + skipped + bad;
  const cells = Math.max(10, Math.min(40, (io.stderr.columns ?? 80) - 45));
  const filled = total === 0 ? cells : Math.min(cells, Math.round((done / total) * cells));
  const worked = printed + bad;
  const leftSeconds = worked === 0 ? undefined : Math.round(((total - done) * elapsedMs) / worked / 1000);
  const left =
    leftSeconds === undefined
      ? ''
      : `  ${Math.floor(leftSeconds / 60)}:${String(leftSeconds % 60).padStart(2, '0')} left`;
  const bar = green('█'.repeat(filled)) + dim('░'.repeat(cells - filled));
  return `${bar} ${done}/${total}${bad > 0 ? red(`  ${bad} left out`) : ''}${left}`;
}
