/**
 * Says where an address belongs: which address class, over which transport to which next hop, and whether it carries
 * routing (`user%other@here`) that a careless next hop could follow.
 * Parameters: mydestination, virtual_alias_domains, virtual_mailbox_domains, relay_domains, *_transport, relayhost,
 * transport_maps, relocated_maps, sender_dependent_relayhost_maps, sender_dependent_default_transport_maps,
 * resolve_dequoted_address, resolve_null_domain, resolve_numeric_domain, allow_min_user. `Postfix: trivial-rewrite/resolve.c`.
 * A table that does not answer throws its LookupFailure: the caller answers 451.
 */
import { type Address, address, externalForm } from '../mail/address.ts';
import { addressLiteral, isNetworkAddress, isUnicodeHostName } from '../mail/host-syntax.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { isCleanText } from '../mail/octets.ts';
import { internalText, isOperator, operator, scan822, type Token822 } from '../mail/tokens822.ts';
import { isPlain, type RewriteRules, rewriteTokens, withoutDotAtEnd } from './rewrite.ts';

export type AddressClass = 'local' | 'virtual-alias' | 'virtual-mailbox' | 'relay' | 'default';

export interface Resolved {
  /** Always user@domain, lower case. */
  readonly address: Address;
  /** The same in its own case: what the next hop hears, free of routes through our own domains. */
  readonly recipient: Address;
  readonly class: AddressClass;
  /** It carries routing operators in the local part. */
  readonly routed: boolean;
  /** No sensible address: a bad domain, a local part that looks like an option. */
  readonly invalid: boolean;
  /** `smtp`, `local`, `error`, ... and where it leads. */
  readonly transport: string;
  readonly nexthop: string;
}

interface DomainList {
  has(domain: string): MaybePromise<boolean>;
}

type Find = (key: Address) => MaybePromise<string | undefined>;

export interface ResolverOptions {
  readonly rewrite: RewriteRules;
  readonly myhostname: string;
  readonly domains: {
    readonly local: DomainList;
    readonly virtualAlias: DomainList;
    readonly virtualMailbox: DomainList;
    readonly relay: DomainList;
  };
  /** Whether an address literal is one of our own interfaces (or their proxies). */
  isOwnAddress(literal: string): boolean;
  readonly transports: Readonly<Record<'local' | 'virtual-mailbox' | 'relay' | 'default', string>>;
  readonly relayhost: string;
  /** Looks in transport_maps; the result is `transport:nexthop`, either part may be empty. */
  findTransport(recipient: Address): MaybePromise<string | undefined>;
  readonly findRelocated: Find | undefined;
  readonly findSenderRelayhost: Find | undefined;
  readonly findSenderTransport: Find | undefined;
  readonly emptyAddressRecipient: string;
  readonly resolveDequotedAddress: boolean;
  readonly resolveNullDomain: boolean;
  readonly resolveNumericDomain: boolean;
  readonly allowMinUser: boolean;
  readonly smtputf8Enable: boolean;
  readonly showUserUnknownTableName: boolean;
}

/** The sender stands in for `<>` in sender-dependent tables. `Postfix: empty_address_*_maps_lookup_key`. */
export class AddressResolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** Where mail for `of` goes when it comes from `sender`. */
  async resolve(of: Address, sender?: Address): Promise<Resolved> {
    const { recipient, isLocal } = await this.#strip(of);
    const domain = recipient.domain;
    if (this.#isBadDomain(recipient)) return this.#invalid(recipient);
    const klass = isLocal ? 'local' : await this.#classOf(domain);
    const route = await this.#route(recipient, klass, sender);
    const lower = address(recipient.text.toLowerCase());
    const invalid = !this.#options.allowMinUser && recipient.text.startsWith('-');
    return { address: lower, recipient, class: klass, routed: isRouted(recipient), invalid, ...route };
  }

  /** Takes off our own domains until what is left is foreign, or a local part alone. */
  async #strip(of: Address): Promise<{ recipient: Address; isLocal: boolean }> {
    const { rewrite, myhostname, emptyAddressRecipient } = this.#options;
    if (isPlain(of.text)) {
      return (await this.#isLocalDomain(of.domain))
        ? { recipient: of, isLocal: true }
        : this.#numericDomain(of);
    }
    let tokens = rewriteTokens(scan822(externalForm(of)), rewrite);
    let saved: Token822[] | undefined;
    for (let rounds = of.text.length + 100; rounds > 0; rounds--) {
      tokens = this.#trimEnd(tokens);
      const at = tokens.findLastIndex((token) => isOperator(token, '@'));
      if (at >= 0) {
        const domain = tokens.slice(at + 1);
        if (domain.length > 0 && !(await this.#isLocalDomain(internalText(domain)))) {
          return this.#numericDomain(address(internalText(tokens)));
        }
        saved = domain;
        tokens = tokens.slice(0, at);
      }
      const unrouted = this.#followRouting(tokens);
      if (unrouted) {
        tokens = unrouted;
        continue;
      }
      if (tokens.length === 1 && tokens[0]?.kind === 'quoted' && tokens[0].text === '') tokens = [];
      if (tokens.length === 0) {
        tokens = scan822(emptyAddressRecipient);
        continue;
      }
      if (!saved) {
        tokens = [...tokens, operator('@'), ...scan822(myhostname)];
        continue;
      }
      return { recipient: address(`${internalText(tokens)}@${internalText(saved)}`), isLocal: true };
    }
    return { recipient: address(`${of.text}@`), isLocal: false };
  }

  #trimEnd(tokens: Token822[]): Token822[] {
    const hasDomain = tokens.some((token) => isOperator(token, '@'));
    const trimmed = hasDomain ? withoutDotAtEnd(tokens) : tokens;
    return this.#options.resolveNullDomain && isOperator(trimmed.at(-1), '@')
      ? trimmed.slice(0, -1)
      : trimmed;
  }

  /** What a local part such as `user%other` or `"user@other"` stands for; undefined when it routes nowhere. */
  #followRouting(tokens: readonly Token822[]): Token822[] | undefined {
    const { rewrite } = this.#options;
    const operators = `@${rewrite.swapBangpath ? '!' : ''}${rewrite.allowPercentHack ? '%' : ''}`;
    if (tokens.some((token) => isOperator(token, operators))) return rewriteTokens(tokens, rewrite);
    const [only] = tokens;
    if (!this.#options.resolveDequotedAddress || tokens.length !== 1 || only?.kind !== 'quoted')
      return undefined;
    const at = ['@', '%', '!']
      .filter((sign) => operators.includes(sign))
      .find((sign) => only.text.includes(sign));
    if (!at) return undefined;
    const open = at === '%' ? replaceLast(only.text, '%', '@') : only.text;
    return rewriteTokens(scan822(at === '!' ? open : externalForm(address(open))), rewrite);
  }

  async #isLocalDomain(domain: string): Promise<boolean> {
    if (await this.#options.domains.local.has(domain.replace(/\.$/, ''))) return true;
    const literal = addressLiteral(domain);
    return literal !== undefined && this.#options.isOwnAddress(literal);
  }

  async #numericDomain(recipient: Address) {
    const { resolveNumericDomain } = this.#options;
    if (!resolveNumericDomain || !isNetworkAddress(recipient.domain)) return { recipient, isLocal: false };
    const literal = `[${recipient.domain}]`;
    return {
      recipient: address(`${recipient.local}@${literal}`),
      isLocal: await this.#isLocalDomain(literal),
    };
  }

  #isBadDomain({ text, domain }: Address): boolean {
    if (domain.startsWith('[')) return addressLiteral(domain) === undefined;
    if (this.#options.smtputf8Enable && !isCleanText(text)) return true;
    return !isUnicodeHostName(domain, this.#options.smtputf8Enable);
  }

  #invalid(recipient: Address): Resolved {
    const nowhere = { transport: 'error', nexthop: '5.1.3 bad address syntax' };
    return { address: recipient, recipient, class: 'default', routed: false, invalid: true, ...nowhere };
  }

  async #classOf(domain: string): Promise<AddressClass> {
    const { domains } = this.#options;
    if (await domains.virtualAlias.has(domain)) return 'virtual-alias';
    if (await domains.virtualMailbox.has(domain)) return 'virtual-mailbox';
    if (await domains.relay.has(domain)) return 'relay';
    return 'default';
  }

  async #route(recipient: Address, klass: AddressClass, sender: Address | undefined) {
    const moved = await this.#options.findRelocated?.(recipient);
    if (moved !== undefined) return { transport: 'error', nexthop: `5.1.6 User has moved to ${moved}` };
    if (klass === 'virtual-alias') {
      const which = this.#options.showUserUnknownTableName ? ' in virtual alias table' : '';
      return { transport: 'error', nexthop: `5.1.1 User unknown${which}` };
    }
    const usual = await this.#usualRoute(recipient, klass, sender);
    const override = await this.#options.findTransport(recipient);
    if (override === undefined) return usual;
    const [transport, nexthop] = splitTransport(override);
    if (transport === 'error' && nexthop === '')
      return { transport, nexthop: '5.7.1 delivery not permitted' };
    return {
      transport: transport || usual.transport,
      nexthop: nexthop || (transport === '' ? usual.nexthop : recipient.domain),
    };
  }

  async #usualRoute(
    recipient: Address,
    klass: Exclude<AddressClass, 'virtual-alias'>,
    sender: Address | undefined,
  ) {
    let wanted = this.#options.transports[klass];
    if (klass === 'default' && sender)
      wanted = (await this.#bySender('findSenderTransport', sender)) ?? wanted;
    const [transport, explicit] = splitTransport(wanted);
    if (explicit !== '') return { transport, nexthop: explicit };
    if (klass === 'local' || klass === 'virtual-mailbox') return { transport, nexthop: recipient.domain };
    const relayhost =
      (sender && (await this.#bySender('findSenderRelayhost', sender))) ?? this.#options.relayhost;
    return { transport, nexthop: relayhost || recipient.domain };
  }

  async #bySender(
    table: 'findSenderTransport' | 'findSenderRelayhost',
    sender: Address,
  ): Promise<string | undefined> {
    const found = await this.#options[table]?.(sender.text === '' ? address('<>') : sender);
    return found === undefined || found === '' || /^dunno$/i.test(found) ? undefined : found;
  }
}

/** `smtp:[127.0.0.1]:25` in its two parts. */
export function splitTransport(text: string): [transport: string, nexthop: string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** A next hop that takes `%` or `!` for routing must not be led astray. `Postfix: RESOLVE_FLAG_ROUTED`. */
function isRouted({ text, domain }: Address): boolean {
  const first = text.search(/[@!%]/);
  return first < 0 || text.slice(first + 1) !== domain;
}

function replaceLast(text: string, sign: string, by: string): string {
  const at = text.lastIndexOf(sign);
  return text.slice(0, at) + by + text.slice(at + 1);
}
