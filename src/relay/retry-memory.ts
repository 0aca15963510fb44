/**
 * What has become of a mail whose client was told to try again, because its recipients fared differently. A refused
 * recipient hears the next hop's own words at its next RCPT; a recipient that has the mail does not get it twice.
 * So without a queue everybody gets the mail once, and every refusal reaches the sender. It lives in memory: a client
 * that comes back to another process is told to try again once more.
 */
import { createHash } from 'node:crypto';
import type { Address } from '../mail/address.ts';
import type { Reply } from '../mail/reply.ts';

/** Beyond so many, the oldest are forgotten. */
const MAX_KEPT = 10_000;
/** RFC 5321 4.5.4.1: clients try for days, but the next attempt comes within hours. */
const KEPT_MS = 6 * 3_600_000;

export class RetryMemory {
  readonly #refusals = new ForgetfulMap<Reply>();
  readonly #delivered = new ForgetfulMap<true>();

  refused(sender: Address, recipient: Address, answer: Reply): void {
    this.#refusals.set(keyOf(sender, recipient), answer);
  }

  /** The answer for a recipient now. It is given once: what comes after it asks the next hop anew. */
  takeRefusal(sender: Address, recipient: Address): Reply | undefined {
    return this.#refusals.take(keyOf(sender, recipient));
  }

  /** Whether it makes sense to ask who has a mail already. */
  get knowsDelivered(): boolean {
    return !this.#delivered.isEmpty;
  }

  delivered(digest: string, recipient: Address): void {
    this.#delivered.set(`${digest} ${recipient.text}`, true);
  }

  isDelivered(digest: string, recipient: Address): boolean {
    return this.#delivered.get(`${digest} ${recipient.text}`) === true;
  }
}

/** Tells the same mail when it comes again: sender and content as the client sent them. */
export async function digestOf(
  sender: Address,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<string> {
  const hash = createHash('sha256').update(`${sender.text}\n`);
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('base64');
}

function keyOf(sender: Address, recipient: Address): string {
  return `${sender.text.toLowerCase()}\n${recipient.text.toLowerCase()}`;
}

class ForgetfulMap<T> {
  readonly #kept = new Map<string, { readonly value: T; readonly until: number }>();

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  set(key: string, value: T): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: Date.now() + KEPT_MS });
    if (this.#kept.size <= MAX_KEPT) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (!found || found.until > Date.now()) return found?.value;
    this.#kept.delete(key);
    return undefined;
  }

  take(key: string): T | undefined {
    const value = this.get(key);
    this.#kept.delete(key);
    return value;
  }
}
