/**
 * Rewrites the envelope as Postfix's cleanup(8) does before delivery: completed, canonical, masqueraded, aliases
 * expanded, blind copies added.
 * Parameters: canonical_maps, sender_canonical_maps, recipient_canonical_maps and their _classes, masquerade_domains,
 * masquerade_exceptions, masquerade_classes, virtual_alias_maps and its limits, always_bcc, sender_bcc_maps,
 * recipient_bcc_maps, propagate_unmatched_extensions.
 * A table that does not answer throws LookupFailure, an alias loop AliasError: the mail waits at the client.
 */
import { type Address, address, externalForm } from '../mail/address.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { externalText, internalText, parse822, scan822 } from '../mail/tokens822.ts';
import type { Match } from '../tables/search-order.ts';
import { isPlain, type RewriteRules, rewriteAddress, rewriteTokens } from './rewrite.ts';

/** A table searched the way of canonical(5) and virtual(5). */
export type FindAddress = (key: Address) => MaybePromise<Match | undefined>;

export interface MapperOptions {
  readonly rewrite: RewriteRules;
  /** For envelope senders and envelope recipients; undefined: no table, or its classes leave them out. */
  readonly canonical: { readonly sender: readonly FindAddress[]; readonly recipient: readonly FindAddress[] };
  readonly masquerade: {
    readonly domains: readonly string[];
    readonly isException: (local: string) => MaybePromise<boolean>;
    readonly sender: boolean;
    readonly recipient: boolean;
  };
  readonly virtualAlias: FindAddress | undefined;
  readonly senderBcc: FindAddress | undefined;
  readonly recipientBcc: FindAddress | undefined;
  readonly alwaysBcc: string;
  /** Whether what stands behind recipient_delimiter is kept. */
  readonly propagate: { readonly canonical: boolean; readonly virtual: boolean };
  readonly virtualExpansionLimit: number;
  readonly virtualRecursionLimit: number;
  readonly virtualAddressLengthLimit: number;
}

/** Canonical tables lead to themselves at most so often. `Postfix: cleanup_map11.c`. */
const MAX_RECURSION = 10;

/** virtual_alias_maps leads nowhere. */
export class AliasError extends Error {}

export class AddressMapper {
  readonly #options: MapperOptions;

  constructor(options: MapperOptions) {
    this.#options = options;
  }

  /** The sender as it goes on. Mail from our own MAILER-DAEMON has no sender. */
  async sender(from: Address): Promise<Address> {
    const { canonical, masquerade, rewrite } = this.#options;
    if (from.text === '') return from;
    const whole = rewriteAddress(from, rewrite);
    if (/^mailer-daemon$/i.test(whole.local) && whole.domain.toLowerCase() === rewrite.origin.toLowerCase()) {
      return address('');
    }
    const mapped = await this.#canonical(whole, canonical.sender);
    return masquerade.sender ? this.#masquerade(mapped) : mapped;
  }

  /** The recipients that a recipient stands for, without repetition. */
  async recipients(to: Address): Promise<Address[]> {
    const mapped = await this.#oneRecipient(to);
    return this.#options.virtualAlias ? this.#expand(mapped, this.#options.virtualAlias) : [mapped];
  }

  /** Who gets a blind copy of mail from this sender to these recipients; aliases are not followed yet. */
  async blindCopies(sender: Address, recipients: readonly Address[]): Promise<Address[]> {
    const { senderBcc, recipientBcc, alwaysBcc } = this.#options;
    const texts: string[] = [];
    if (sender.text !== '') texts.push(...textsOf(await senderBcc?.(sender)));
    for (const recipient of recipientBcc ? recipients : []) {
      texts.push(...textsOf(await recipientBcc?.(await this.#oneRecipient(recipient))));
    }
    if (alwaysBcc !== '') texts.push(alwaysBcc);
    return texts.map(fromExternal);
  }

  async #oneRecipient(to: Address): Promise<Address> {
    const { canonical, masquerade, rewrite } = this.#options;
    const mapped = await this.#canonical(rewriteAddress(to, rewrite), canonical.recipient);
    return masquerade.recipient ? this.#masquerade(mapped) : mapped;
  }

  async #canonical(from: Address, tables: readonly FindAddress[]): Promise<Address> {
    let current = from;
    for (const find of tables) {
      for (let round = 0; round < MAX_RECURSION; round++) {
        const [next] = (await this.#map(current, find, this.#options.propagate.canonical)) ?? [];
        if (!next) break;
        const isSame = next.text.toLowerCase() === current.text.toLowerCase();
        current = next;
        if (isSame) break;
      }
    }
    return current;
  }

  /** What a table makes of an address; undefined: nothing. `Postfix: mail_addr_map`. */
  async #map(from: Address, find: FindAddress, propagate: boolean): Promise<Address[] | undefined> {
    const match = await find(from);
    if (!match) return undefined;
    const extension = unmatchedExtension(from, match.key);
    if (match.value.startsWith('@')) {
      const local = extension === '' ? from.local : from.local.slice(0, -extension.length);
      return [address(`${local}${match.value}`)];
    }
    const { addresses } = parse822(scan822(match.value));
    const results = addresses.map((tokens) => {
      const whole = address(internalText(rewriteTokens(tokens, this.#options.rewrite)));
      return propagate && extension !== '' ? address(`${whole.local}${extension}@${whole.domain}`) : whole;
    });
    if (results.length === 0) throw new AliasError(`"${match.value}" is no address`);
    return results;
  }

  /** Replaces each address by what its alias says, until nothing is left to replace. `Postfix: cleanup_map1n.c`. */
  async #expand(first: Address, find: FindAddress): Promise<Address[]> {
    const { virtualExpansionLimit, virtualRecursionLimit, virtualAddressLengthLimit, propagate } =
      this.#options;
    const done = new Set<string>();
    const list = [first];
    for (let at = 0; at < list.length; at++) {
      for (let depth = 0; ; depth++) {
        const current = list[at] as Address;
        if (done.has(fold(current))) break;
        if (depth >= virtualRecursionLimit)
          throw new AliasError(`unreasonable virtual_alias_maps map nesting`);
        const results = await this.#map(current, find, propagate.virtual);
        if (!results) break;
        if (results.some((result) => result.text.length > virtualAddressLengthLimit)) {
          throw new AliasError(`unreasonable virtual_alias_maps result`);
        }
        if (results.some((result) => fold(result) === fold(current))) done.add(fold(current));
        const [replacement = current, ...others] = results;
        list[at] = replacement;
        list.push(...others);
        if (list.length > virtualExpansionLimit)
          throw new AliasError(`unreasonable virtual_alias_maps map expansion size`);
      }
    }
    return [...new Map(list.map((result) => [fold(result), result])).values()];
  }

  /** `joe@host.example.com` becomes joe@example.com. `Postfix: cleanup_masquerade.c`. */
  async #masquerade(from: Address): Promise<Address> {
    const { domains, isException } = this.#options.masquerade;
    if (domains.length === 0 || from.domain === '' || (await isException(from.local))) return from;
    const domain = from.domain.toLowerCase();
    for (const item of domains) {
      const name = item.replace(/^!+/, '').toLowerCase();
      if (domain === name) return from;
      if (name !== '' && domain.endsWith(`.${name}`)) {
        const isKept = (item.length - name.length) % 2 === 1;
        return isKept ? from : address(`${from.local}@${name}`);
      }
    }
    return from;
  }
}

/** What stands behind the key that was found: `+list` for joe+list@x under joe@x. */
function unmatchedExtension({ local }: Address, key: string): string {
  const found = fromExternal(key);
  const foundLocal = key.startsWith('@') ? local : found.local;
  const isPart = local.length > foundLocal.length && local.toLowerCase().startsWith(foundLocal.toLowerCase());
  return isPart ? local.slice(foundLocal.length) : '';
}

function fromExternal(text: string): Address {
  if (isPlain(text)) return address(text);
  const [tokens] = parse822(scan822(text)).addresses;
  return address(internalText(tokens ?? []));
}

function textsOf(match: Match | undefined): string[] {
  if (!match) return [];
  return parse822(scan822(match.value)).addresses.map((tokens) => externalText(tokens));
}

const fold = (of: Address) => externalForm(of).toLowerCase();
