/**
 * What stands in for the rest of the world when a configuration is tried out instead of served: for `explain`, `rehearse`
 * and the tests beside a configuration. Nothing is delivered, whatever stands in.
 */
import type { Dns } from '../dns/dns.ts';
import type { Store } from '../memory/store.ts';
import type { Question } from '../restrictions/question.ts';
import type { Answer } from '../restrictions/restriction.ts';

export interface World {
  /** In place of name servers. */
  readonly dns?: Dns | undefined;
  /** What time it is. */
  readonly now?: () => number;
  /** DNS lists are believed without being tested. */
  readonly trustsLists?: boolean;
  /** In place of what is remembered. */
  store(real: Store): Store;
  /** Whether policy services are asked; they may remember what they were asked about. */
  readonly asksPolicyServices: boolean;
  /** Whether mail hosts are asked about addresses, and clamd about messages. */
  readonly asksOthers: boolean;
  /**
   * What a restriction that depends on memory, or on others, said when it was really asked. Undefined: it is asked here.
   */
  recorded?(restriction: string, q: Question): Answer | undefined;
}
