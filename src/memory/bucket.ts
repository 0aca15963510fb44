/**
 * A bucket that fills with time, kept as one number: the moment at which it will be full again. A take moves that
 * moment on; when it lies further ahead than the whole bucket is worth, there is too little in it. The number is all
 * that a store must keep, so one step reads and writes it (the generic cell rate algorithm, as ATM networks call it).
 */

export interface Bucket {
  /** So much fits in: what may be taken at once. */
  readonly size: number;
  /** How long an empty one takes to be full. */
  readonly fillMs: number;
}

export type Taken =
  | { readonly kind: 'taken' }
  /** Nothing was taken; after that time there is enough. */
  | { readonly kind: 'refused'; readonly waitMs: number };

/** The price of one take, in milliseconds of filling. */
export function priceOf({ size, fillMs }: Bucket): number {
  return fillMs / size;
}

/**
 * One take. `fullAt`: the kept number, undefined when nothing is kept. Gives the number to keep, or undefined when
 * nothing could be taken.
 */
export function takeFrom(
  bucket: Bucket,
  fullAt: number | undefined,
  now: number,
): { readonly taken: Taken; readonly fullAt: number | undefined } {
  const next = Math.max(fullAt ?? 0, now) + priceOf(bucket);
  const missing = next - now - bucket.fillMs;
  // A thousandth of a millisecond is rounding.
  if (missing > 0.001) return { taken: { kind: 'refused', waitMs: missing }, fullAt: undefined };
  return { taken: { kind: 'taken' }, fullAt: next };
}
