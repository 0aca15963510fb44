/** How much one client may do, over all processes of the gateway. `Postfix: anvil(8)`. */
import type { MaybePromise } from '../mail/maybe-promise.ts';

/** What is counted per time unit (`connection` also as long as it lasts). */
export type Counted = 'connection' | 'mail' | 'recipient' | 'auth' | 'tls';

export interface ClientLimits {
  /** Counts one more; how many of them are too many is answered with the number and the limit. */
  exceeded(
    what: Counted,
    client: { readonly name: string; readonly address: string },
  ): MaybePromise<Excess | undefined>;
  /** A connection that was counted is over. */
  release(client: { readonly address: string }): void;
}

export interface Excess {
  readonly count: number;
  readonly limit: number;
  readonly kind: 'concurrency' | 'rate';
}
