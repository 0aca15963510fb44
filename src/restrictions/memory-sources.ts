/** What restrictions ask the gateway's memory, with the settings that say what follows from the answers. */
import type { Address } from '../mail/address.ts';
import type { AddressStatus } from '../memory/address-verify.ts';
import type { Correspondents } from '../memory/correspondents.ts';
import type { Greylist } from '../memory/greylist.ts';
import type { Identities } from '../memory/identities.ts';
import type { PrefixBits } from '../memory/network-key.ts';
import type { RateLimiter } from '../memory/rate-limiter.ts';
import type { Table } from '../tables/table.ts';
import type { Party } from './address.ts';
import type { TempfailAction } from './restriction.ts';
import type { HostList } from './sources.ts';

export interface MemorySources {
  readonly greylisting: Greylisting;
  readonly identities: Pick<Identities, 'find' | 'proofOf'>;
  readonly correspondents: Pick<Correspondents, 'find'>;
  readonly verification: Verification;
  readonly rates: Rates;
}

export interface Rates {
  readonly limiter: Pick<RateLimiter, 'take'>;
  /** smtpd_client_event_limit_exceptions */
  readonly clientExceptions: HostList;
  /** The networks that clients are counted by. */
  readonly prefixBits: PrefixBits;
}

export interface Greylisting {
  readonly list: Pick<Greylist, 'judge'>;
  /** Clients, senders and recipients that need not wait. */
  readonly whitelist: Table | undefined;
  /** `%s` in it is the number of seconds, `%r` the recipient's domain. */
  readonly message: string;
  /** Remember, but let nobody wait. */
  readonly training: boolean;
  readonly failureAction: 'dunno' | 'defer';
  /** `portcullis at mx.example.com`, for X-Greylist. */
  readonly by: string;
}

export interface Verification {
  /** What the address's own host says of it; never rejects. */
  status(address: Address): Promise<AddressStatus>;
  /** Addresses that nobody is asked about. */
  readonly exceptions: Table | undefined;
  /** Senders whose domain is proven by SPF or DKIM are not asked about. */
  readonly skipProvenSenders: boolean;
  readonly replies: Readonly<Record<Party, UnverifiedReplies>>;
}

/** `Postfix: unverified_sender_*, unverified_recipient_*`. */
export interface UnverifiedReplies {
  readonly rejectCode: number;
  readonly deferCode: number;
  /** In place of what the host said; empty: that. */
  readonly rejectReason: string;
  readonly tempfailAction: TempfailAction;
}
