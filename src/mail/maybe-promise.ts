/** A value that is mostly there at once and sometimes has to be waited for; the hot path only awaits real promises. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether the value has to be waited for. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}
