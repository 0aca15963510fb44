/**
 * Which keys are looked up for a host name, a network address and a mail address, and in which order.
 * `Postfix: access(5), canonical(5), transport(5), mail_addr_find.c, check_domain_access, check_addr_access`.
 * Keys that are a part of the whole are not given to tables that match patterns.
 */
import { type Address, externalForm, splitExtension } from '../mail/address.ts';
import { assertNever } from '../mail/assert-never.ts';
import { isNetworkAddress } from '../mail/host-syntax.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Source } from '../mail/source.ts';
import { whenKnown } from './lookup.ts';
import { namesUpward } from './names-upward.ts';
import type { Found, LookupHow, Table } from './table.ts';

/** What was found, under which key, in which line. */
export interface Match {
  readonly value: string;
  readonly key: string;
  readonly source: Source | undefined;
}

/** `parent`: `example.com` matches its subdomains; `dot`: `.example.com` does. */
export type ParentStyle = 'parent' | 'dot';

interface Key extends LookupHow {
  readonly key: string;
}

/** Longer texts are no network addresses, and only asked for as a whole. */
const MAX_ADDRESS_LENGTH = 256;
const PART: LookupHow = { partial: true };

/** The name and its parent domains; a numerical name has none. Throws (or rejects with) LookupFailure. */
export function findHostName(
  table: Table,
  name: string,
  parentStyle: ParentStyle,
): MaybePromise<Match | undefined> {
  if (isNetworkAddress(name)) return firstOf(table, [{ key: name }].values());
  return firstOf(table, namesUpward(name, parentStyle === 'parent'));
}

/** `192.0.2.1`, `192.0.2`, `192.0`, `192`; IPv6 addresses are cut at colons, as written. */
export function findNetworkAddress(table: Table, address: string): MaybePromise<Match | undefined> {
  return firstOf(table, networksUpward(address));
}

function* networksUpward(address: string): Generator<Key> {
  const delimiter = address.includes(':') ? ':' : '.';
  yield { key: address };
  if (address.length > MAX_ADDRESS_LENGTH) return;
  for (let end = address.lastIndexOf(delimiter); end >= 0; end = address.lastIndexOf(delimiter, end - 1)) {
    yield { key: address.slice(0, end), ...PART };
    if (end === 0) return;
  }
}

export interface AddressSearch {
  /**
   * `access`: user+ext@domain, user@domain, domain and its parents, user+ext@, user@. `Postfix: check_mail_access`.
   * `address`: user+ext@domain, user@domain, user+ext and user where the domain is ours, @domain. Canonical, virtual,
   * relocated, recipient and sender tables. `Postfix: MA_FIND_DEFAULT`.
   * `transport`: user+ext@domain, user@domain, domain and its parents, `*`. `Postfix: transport_lookup`.
   */
  readonly order: 'access' | 'address' | 'transport';
  /** For `access` and `transport`. */
  readonly parentStyle?: ParentStyle;
  readonly recipientDelimiter: string;
  /** `owner-list` and `list-request` are not split. `Postfix: owner_request_special`. */
  readonly ownerRequestSpecial?: boolean;
  /** For `address`: whether the domain is $myorigin, in mydestination or an address literal of ours. */
  readonly isLocalDomain?: (domain: string) => MaybePromise<boolean>;
}

/**
 * Looks up a mail address in the order of its kind. Keys are asked for in external form (quoted where it must be), then,
 * where that is different, as the address is inside. Throws (or rejects with) LookupFailure.
 */
export function findMailAddress(
  table: Table,
  address: Address,
  how: AddressSearch,
): MaybePromise<Match | undefined> {
  const { base, extension } = splitExtension(address.local, how.recipientDelimiter, how.ownerRequestSpecial);
  const locals = extension === undefined ? [address.local] : [address.local, base];
  const whole = firstOf(table, wholeKeys(locals, address));
  return whenKnown(whole, (match) => match ?? findPart(table, locals, address, how));
}

function findPart(
  table: Table,
  locals: readonly string[],
  { domain }: Address,
  how: AddressSearch,
): MaybePromise<Match | undefined> {
  const parents = namesUpward(domain, how.parentStyle !== 'dot');
  switch (how.order) {
    case 'access':
      return firstOf(
        table,
        chain(
          parts(parents),
          locals.flatMap((local) => localKeys(local, '@')),
        ),
      );
    case 'transport':
      return firstOf(table, chain(parts(parents), [{ key: '*' }]));
    case 'address':
      return whenKnown(domain !== '' && (how.isLocalDomain?.(domain) ?? false), (isLocal) => {
        const plain = isLocal ? locals.flatMap((local) => localKeys(local, '')) : [];
        return firstOf(table, chain(plain, domain === '' ? [] : [{ key: `@${domain}`, ...PART }]));
      });
    default:
      return assertNever(how.order);
  }
}

/** user+ext@domain as a whole, user@domain as a part of it. */
function* wholeKeys(locals: readonly string[], { text, domain }: Address): Generator<Key> {
  const rest = text.includes('@') ? `@${domain}` : '';
  for (const [i, local] of locals.entries()) {
    const how = i === 0 ? {} : PART;
    const external = quoted(local) + rest;
    yield { key: external, ...how };
    if (external !== local + rest) yield { key: local + rest, ...how };
  }
}

function localKeys(local: string, end: '' | '@'): Key[] {
  const external = quoted(local) + end;
  const keys = [{ key: external, ...PART }];
  if (external !== local + end) keys.push({ key: local + end, ...PART });
  return keys;
}

/** The local part in quotes where it needs them. */
function quoted(local: string): string {
  return externalForm({ text: `${local}@x`, local, domain: 'x' }).slice(0, -2);
}

function* parts(keys: Iterable<Key>): Generator<Key> {
  for (const { key } of keys) yield { key, ...PART };
}

function* chain(...lists: Iterable<Key>[]): Generator<Key> {
  for (const list of lists) yield* list;
}

/** Asks for one key after the other until one is there. */
function firstOf(table: Table, keys: Iterator<Key>): MaybePromise<Match | undefined> {
  for (let next = keys.next(); !next.done; next = keys.next()) {
    const { key, ...how } = next.value;
    const found = entryOf(table, key, how);
    if (isPromise(found)) return found.then((match) => match ?? firstOf(table, keys));
    if (found) return found;
  }
  return undefined;
}

function entryOf(table: Table, key: string, how: LookupHow): MaybePromise<Match | undefined> {
  if (key === '') return undefined;
  if (table.findEntry) {
    return whenKnown(table.findEntry(key, how), (found: Found | undefined) => found && { key, ...found });
  }
  return whenKnown(table.find(key, how), (value) =>
    value === undefined ? undefined : { value, key, source: table.sourceOf?.(key) },
  );
}
