/**
 * What can go wrong with an operator's pattern: it cannot be read (PatternError, at load), or it cannot be decided in
 * the time that a match may take (PatternOverrun, at run time: neither yes nor no).
 */

/** The pattern is not written right, or asks for more than this engine does. The message says what should be. */
export class PatternError extends Error {
  /** The pattern, as the operator wrote it. */
  readonly pattern: string;
  /** Where in the pattern, in characters from 0. */
  readonly offset: number;
  /** What is wrong and what should be, without the pattern. */
  readonly problem: string;

  constructor(pattern: string, offset: number, problem: string) {
    super(`"${shown(pattern)}" at offset ${offset}: ${problem}`);
    this.pattern = pattern;
    this.offset = offset;
    this.problem = problem;
  }
}

/** Whether the pattern matches this text cannot be known now. The caller decides what that means. */
export class PatternOverrun extends Error {
  readonly pattern: string;
  /** It has done so repeatedly and is not even tried for a while. */
  readonly outOfService: boolean;

  constructor(pattern: string, problem: string, outOfService = false) {
    super(`pattern "${shown(pattern)}": ${problem}`);
    this.pattern = pattern;
    this.outOfService = outOfService;
  }
}

const SHOWN_CHARACTERS = 200;

function shown(pattern: string): string {
  return pattern.length > SHOWN_CHARACTERS ? `${pattern.slice(0, SHOWN_CHARACTERS)}...` : pattern;
}
