/**
 * The comparisons of `${{x} == {y} ? ...}`: by number when both sides are all digits, else by text; with the suffix
 * `level` by version number, as compatibility_level needs it. `Postfix: mac_expand.c, compat_level.c`.
 */

/** An operator with its suffix, at the beginning of a text. */
export const OPERATOR = /^[<>!=?+\-*/~&|%]+[A-Za-z0-9]*/;

type Answer = (order: number) => boolean;

const answers: Readonly<Record<string, Answer>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
  '>': (order) => order > 0,
};

/** Whether the comparison holds; undefined when there is no such operator, or a level is none. */
export function holds(left: string, operator: string, right: string): boolean | undefined {
  const suffix = suffixOf(operator);
  const answer = answers[operator.slice(0, operator.length - suffix.length)];
  if (answer === undefined || (suffix !== '' && suffix !== 'level')) return undefined;
  const order = suffix === 'level' ? levelOrder(left, right) : plainOrder(left, right);
  return order === undefined ? undefined : answer(order);
}

/** `level` of `>=level`. */
export function suffixOf(operator: string): string {
  return /[A-Za-z0-9]*$/.exec(operator)?.[0] ?? '';
}

/** A compatibility level as one comparable number; undefined when it is none: `3`, `3.6`, `3.6.1`. */
export function levelNumber(level: string): number | undefined {
  const match = /^[\t-\r ]*(\d{1,9})(?:\.(\d{1,4})(?:\.(\d{1,4}))?)?$/.exec(level);
  if (match === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return minor > 1023 || patch > 1023 ? undefined : (major * 1024 + minor) * 1024 + patch;
}

function levelOrder(left: string, right: string): number | undefined {
  const [a, b] = [levelNumber(left), levelNumber(right)];
  return a === undefined || b === undefined ? undefined : a - b;
}

function plainOrder(left: string, right: string): number {
  if (/^\d+$/.test(left) && /^\d+$/.test(right)) return compare(BigInt(left), BigInt(right));
  return compare(left, right);
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
