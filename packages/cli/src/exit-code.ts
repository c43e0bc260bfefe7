/** What the command ends with, for scripts to branch on. */
export const exitCodes = {
  /** All was well. */
  ok: 0,
  /** The answer is no: not a code, a wrong signature, an unsigned code, lines left out of a batch. */
  no: 1,
  /** The command was called in a way it does not know. */
  usage: 2,
  /** A file cannot be read or written, or a switch not reached. */
  file: 3,
  /** A fault of ours. */
  fault: 70,
  /** Stopped with Ctrl-C; a batch goes on when it is called again. */
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
