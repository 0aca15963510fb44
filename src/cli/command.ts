/** A shell command: name, usage, one sentence, and what it does. Commands print; everything else only answers. */
export interface Command {
  readonly name: string;
  /** Behind the name: `[-c DIR] TYPE:NAME KEY`. */
  readonly usage: string;
  readonly sentence: string;
  /** Explains more, below the usage. */
  readonly details?: string;
  /** Resolves with the exit status: 0 good, 1 found something wrong, 2 bad usage. */
  run(args: readonly string[]): Promise<number>;
}

/** The command was called in a way it does not understand. */
export class UsageError extends Error {}
