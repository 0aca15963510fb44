/** What the tests before the greeting are told; the names of the parameters stand beside each field. assembly/screen.ts. */
import type { ListScore, Score } from '../dns/list-score.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Source } from '../mail/source.ts';
import type { PassedClients } from '../memory/passed-clients.ts';
import type { Log } from '../record/log.ts';
import type { ClientLimits } from './client-limits.ts';
import type { Places } from './places.ts';

/** What becomes of those who fail a test, and where that is written. */
export interface Rule {
  /** Nothing but a line in the log; a refusal of each recipient; the end of the session at once. */
  readonly action: 'ignore' | 'enforce' | 'drop';
  readonly source: Source;
}

export interface ScreenOptions {
  readonly log: Log;
  /** soft_bounce */
  readonly softBounce: boolean;
  /** respectful_logging */
  readonly words: { readonly allow: 'ALLOW' | 'WHITE'; readonly deny: 'DENY' | 'BLACK' };
  /** postscreen_access_list. Never rejects. */
  opinionOf(address: string): Promise<'permit' | 'reject' | 'dunno'>;
  /** postscreen_denylist_action */
  readonly deny: Rule;
  /** postscreen_allowlist_interfaces. Never rejects. */
  mayPassAt(serverAddress: string): MaybePromise<boolean>;
  readonly interfacesSource: Source;
  readonly passed: PassedClients;
  /** postscreen_greet_wait, as long as there is room, and when it is getting scarce. */
  readonly waitMs: { readonly calm: number; readonly stress: number };
  readonly greet: GreetTest | undefined;
  readonly lists: ListsTest | undefined;
  /** postscreen_pre_queue_limit */
  readonly places: Places;
  /** postscreen_client_connection_count_limit */
  readonly perClient: ClientLimits;
}

/** Undefined without postscreen_greet_banner. */
export interface GreetTest {
  /** postscreen_greet_banner */
  readonly banner: string;
  /** postscreen_greet_action */
  readonly rule: Rule;
  /** postscreen_greet_ttl */
  readonly ttlMs: number;
}

/** Undefined without postscreen_dnsbl_sites. */
export interface ListsTest {
  readonly score: ListScore;
  /** postscreen_dnsbl_action */
  readonly rule: Rule;
  /** postscreen_dnsbl_threshold, postscreen_dnsbl_allowlist_threshold */
  readonly threshold: number;
  readonly allowThreshold: number;
  /** postscreen_dnsbl_min_ttl, postscreen_dnsbl_max_ttl */
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
  /** The list that counts most, as postscreen_dnsbl_reply_map names it. Never rejects. */
  nameOf(score: Score): Promise<string>;
}
