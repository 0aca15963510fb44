/**
 * The sender of probes: address_verify_sender, which can change with time (address_verify_sender_ttl) so that it is of no
 * use to those who harvest addresses. `Postfix: verify_sender_addr.c`: the number of the time slot, in base 31, stands
 * behind the local part, and mail to the slots around the present one is taken.
 */
import { type Address, address, nullSender } from '../mail/address.ts';

export interface ProbeSenderOptions {
  /** As written; `<>` and nothing are the null sender. */
  readonly text: string;
  /** 0: it never changes. */
  readonly ttlMs: number;
  /** Completes an address: appends our domain. */
  complete(of: Address): Address;
  readonly now?: () => number;
}

/** Senders of time slots that are kept: every recipient is compared with three of them. */
const MOST_SLOTS = 8;
const DIGITS = '0123456789BCDFGHJKLMNPQRSTVWXYZ';

export class ProbeSender {
  readonly #options: ProbeSenderOptions;
  readonly #now: () => number;
  readonly #slots = new Map<number, Address>();

  constructor(options: ProbeSenderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** The sender to use now. */
  current(): Address {
    return this.#at(0);
  }

  /** Whether mail to this address answers one of our probes, now or a slot ago: it is not to be refused. */
  isOurs(recipient: Address): boolean {
    const slots = this.#options.ttlMs > 0 ? [0, -1, 1] : [0];
    const wanted = recipient.text.toLowerCase();
    return slots.some((slot) => {
      const ours = this.#at(slot).text;
      return ours !== '' && ours.toLowerCase() === wanted;
    });
  }

  #at(slot: number): Address {
    const { ttlMs } = this.#options;
    const number = ttlMs > 0 ? Math.floor(this.#now() / ttlMs) + slot : 0;
    const known = this.#slots.get(number);
    if (known) return known;
    if (this.#slots.size >= MOST_SLOTS) this.#slots.clear();
    const made = this.#make(number);
    this.#slots.set(number, made);
    return made;
  }

  #make(number: number): Address {
    const { text, ttlMs, complete } = this.#options;
    if (text === '' || text === '<>') return nullSender;
    const bare = address(text);
    if (ttlMs <= 0) return complete(bare);
    const domain = text.includes('@') ? `@${bare.domain}` : '';
    return complete(address(`${bare.local}${base31(number)}${domain}`));
  }
}

function base31(number: number): string {
  let [text, rest] = ['', number];
  do {
    text = DIGITS.charAt(rest % 31) + text;
    rest = Math.floor(rest / 31);
  } while (rest > 0);
  return text;
}
