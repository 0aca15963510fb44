/** The log as the rooms see it: a sentence as Postfix would write it, and the facts in it as fields. */
export interface Log {
  info(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  error(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What Postfix has no line for: only logs of JSON objects tell it. */
  aside?(sentence: string, facts: Readonly<Record<string, unknown>>): void;
}

/** A log that keeps nothing, for tools that print their own findings. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };
