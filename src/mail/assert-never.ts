/** Ends a switch over a `kind`: the compiler complains here when a kind was forgotten. */
export function assertNever(value: never): never {
  throw new Error(`unexpected kind: ${JSON.stringify(value)}`);
}
