/**
 * Says where an address belongs: which address class, over which transport to which next hop, and whether it carries
 * routing (`user%other@here`) that a careless next hop could follow.
 * Parameters: mydestination, virtual_alias_domains, virtual_mailbox_domains, relay_domains, resolve_dequoted_address,
 * resolve_null_domain, resolve_numeric_domain, allow_min_user. `Postfix: trivial-rewrite/resolve.c`.
 * A table that does not answer throws its LookupFailure: the caller answers 451.
 */
import { type Address, address, externalForm } from '../mail/address.ts';
import { addressLiteral, isNetworkAddress, isUnicodeHostName } from '../mail/host-syntax.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { isCleanText } from '../mail/octets.ts';
import { internalText, isOperator, operator, scan822, type Token822 } from '../mail/tokens822.ts';
import { whenKnown } from '../tables/lookup.ts';
import { isPlain, type RewriteRules, rewriteTokens, withoutDotAtEnd } from './rewrite.ts';
import { type AddressClass, type Route, type RouteOptions, Routes } from './routes.ts';

export interface Resolved extends Route {
  /** Always user@domain, lower case. */
  readonly address: Address;
  /** The same in its own case: what the next hop hears, free of routes through our own domains. */
  readonly recipient: Address;
  readonly class: AddressClass;
  /** It carries routing operators in the local part. */
  readonly routed: boolean;
  /** No sensible address: a bad domain, a local part that looks like an option. */
  readonly invalid: boolean;
}

interface DomainList {
  has(domain: string): MaybePromise<boolean>;
}

export interface ResolverOptions extends RouteOptions {
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
  readonly emptyAddressRecipient: string;
  readonly resolveDequotedAddress: boolean;
  readonly resolveNullDomain: boolean;
  readonly resolveNumericDomain: boolean;
  readonly allowMinUser: boolean;
  readonly smtputf8Enable: boolean;
}

export class AddressResolver {
  readonly #options: ResolverOptions;
  readonly #routes: Routes;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#routes = new Routes(options);
  }

  /** Where mail for `of` goes when it comes from `sender`. */
  async resolve(of: Address, sender?: Address): Promise<Resolved> {
    const stripped = this.#strip(of);
    const { recipient, isLocal } = isPromise(stripped) ? await stripped : stripped;
    if (this.#isBadDomain(recipient)) return this.#invalid(recipient);
    const kind = isLocal ? 'local' : this.#classOf(recipient.domain);
    const klass = isPromise(kind) ? await kind : kind;
    const found = this.#routes.of(recipient, klass, sender);
    const route = isPromise(found) ? await found : found;
    const lower = address(recipient.text.toLowerCase());
    const invalid = !this.#options.allowMinUser && recipient.text.startsWith('-');
    return { address: lower, recipient, class: klass, routed: isRouted(recipient), invalid, ...route };
  }

  /** Takes off our own domains until what is left is foreign, or a local part alone. */
  #strip(of: Address): MaybePromise<Stripped> {
    if (!isPlain(of.text)) return this.#stripRoutes(of);
    return whenKnown(this.#isLocalDomain(of.domain), (isLocal) =>
      isLocal ? { recipient: of, isLocal } : this.#numericDomain(of),
    );
  }

  async #stripRoutes(of: Address): Promise<Stripped> {
    const { rewrite, myhostname, emptyAddressRecipient } = this.#options;
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

  #isLocalDomain(domain: string): MaybePromise<boolean> {
    return whenKnown(this.#options.domains.local.has(domain.replace(/\.$/, '')), (isListed) => {
      const literal = isListed ? undefined : addressLiteral(domain);
      return isListed || (literal !== undefined && this.#options.isOwnAddress(literal));
    });
  }

  #numericDomain(recipient: Address): MaybePromise<Stripped> {
    const { resolveNumericDomain } = this.#options;
    if (!resolveNumericDomain || !isNetworkAddress(recipient.domain)) return { recipient, isLocal: false };
    const literal = `[${recipient.domain}]`;
    return whenKnown(this.#isLocalDomain(literal), (isLocal) => ({
      recipient: address(`${recipient.local}@${literal}`),
      isLocal,
    }));
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

  #classOf(domain: string, from = 0): MaybePromise<AddressClass> {
    for (const [i, [list, klass]] of CLASSES.entries()) {
      if (i < from) continue;
      const has = this.#options.domains[list].has(domain);
      if (isPromise(has)) return has.then((yes) => (yes ? klass : this.#classOf(domain, i + 1)));
      if (has) return klass;
    }
    return 'default';
  }
}

/** Which list makes a domain one of which class; the first counts. */
const CLASSES = [
  ['virtualAlias', 'virtual-alias'],
  ['virtualMailbox', 'virtual-mailbox'],
  ['relay', 'relay'],
] as const;

/** What is left of an address when our own domains are taken off. */
interface Stripped {
  readonly recipient: Address;
  readonly isLocal: boolean;
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
