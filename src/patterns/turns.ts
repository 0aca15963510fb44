/**
 * Long work in small turns, so that the event loop serves everybody else in between. All long work of the process shares
 * one queue: a hundred slow matches at once still leave the loop free after TURN_MS.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';

/** How long matching may keep the event loop at a stretch. */
export const TURN_MS = 8;

/** Work that yields about every millisecond and ends with its result. */
export type Work<T> = Generator<undefined, T, undefined>;

const waiting: (() => boolean)[] = [];
let scheduled = false;

/** Does the work at once when it fits into one turn, else in turns. Errors are thrown or rejected accordingly. */
export function inTurns<T>(work: Work<T>): MaybePromise<T> {
  const until = performance.now() + TURN_MS;
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() >= until) return new Promise((resolve, reject) => enqueue(work, resolve, reject));
  }
}

function enqueue<T>(work: Work<T>, resolve: (value: T) => void, reject: (reason: unknown) => void): void {
  waiting.push(() => {
    try {
      const step = work.next();
      if (step.done !== true) return false;
      resolve(step.value);
    } catch (error) {
      reject(error);
    }
    return true;
  });
  schedule();
}

function schedule(): void {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  setImmediate(turn);
}

/** One step for each in turn, until the time is up. */
function turn(): void {
  scheduled = false;
  const until = performance.now() + TURN_MS;
  while (performance.now() < until) {
    const next = waiting.shift();
    if (next === undefined) return;
    if (!next()) waiting.push(next);
  }
  schedule();
}
