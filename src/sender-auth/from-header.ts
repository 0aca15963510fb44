/**
 * The domain that a mail claims to be from, taken from its From field or fields. RFC 5322 3.4, 3.6.2; RFC 6854 (groups);
 * RFC 9989 5.3.1, 11.5. Unlike the address parsers of restrictions this one is strict: whatever two mail programs might
 * read differently (several fields or domains, routes, text behind the bracket, stray quotes, control characters,
 * encoded words in an address) makes the author unusable, with the reason. What follows from that is not decided here.
 */
import { decodeOctets } from '../mail/octets.ts';
import { asciiName } from './domain-name.ts';
import { fromMailboxes } from './from-mailboxes.ts';
import { type FromToken, fromTokens, isAt, isSpecial, MalformedFrom } from './from-tokens.ts';
import { fieldBody, type HeaderField } from './header-fields.ts';

export type Author =
  /** The domain is in lower case, as A-labels. */
  { readonly kind: 'usable'; readonly domain: string } | { readonly kind: 'unusable'; readonly why: string };

/** The author of a message with these fields. */
export function authorOfFields(fields: readonly HeaderField[]): Author {
  const from = fields.filter(isFrom);
  const hidden = from.some(({ raw }) => !/^from[ \t]*:/i.test(raw));
  if (hidden) return unusable('white space hides a From field');
  return authorOf(from.map((field) => decodeOctets(Buffer.from(fieldBody(field), 'latin1'))));
}

/** A line that begins with white space is no field; as the first line of a header it might be shown as one. */
function isFrom({ name, raw }: HeaderField): boolean {
  return name === 'from' || (name === '' && /^[ \t]+from[ \t\r\n]*:/i.test(raw));
}

/** The author by the values of all From fields, as they came. */
export function authorOf(values: readonly string[]): Author {
  const [value, ...more] = values;
  if (value === undefined) return unusable('no From field');
  if (more.length > 0) return unusable('more than one From field');
  try {
    return onlyDomain(new Set(fromMailboxes(fromTokens(value)).flatMap(domainsOf)));
  } catch (error) {
    if (!(error instanceof MalformedFrom)) throw error;
    const domain = onlyCandidate(value);
    return domain === undefined ? unusable(error.message) : { kind: 'usable', domain };
  }
}

/** A carelessly written name (`Sales: Joe <joe@example.com>`) before an address that nobody can read differently. */
const CARELESS = /^(?:[^@<>,;\\=\x00-\x08\x0a-\x1f\x7f]|=(?!\?))*<[\w.+=~-]+@([\w.-]+)>[ \t\r\n]*$/;

const MAX_CARELESS = 1000;

function onlyCandidate(value: string): string | undefined {
  const match = value.length <= MAX_CARELESS ? CARELESS.exec(value.replace(/\r\n(?=[ \t])/g, '')) : null;
  return match?.[1] === undefined ? undefined : asciiName(match[1]);
}

function onlyDomain(domains: ReadonlySet<string>): Author {
  const [domain] = domains;
  if (domain === undefined) return unusable('no address in From');
  return domains.size === 1 ? { kind: 'usable', domain } : unusable('From names more than one domain');
}

/** `name <address>` or `address`; a name that looks like an address counts as one. */
function domainsOf(mailbox: readonly FromToken[]): string[] {
  const open = mailbox.findIndex((token) => isSpecial(token, '<'));
  if (open < 0) return [domainOfAddress(mailbox)];
  const name = mailbox.slice(0, open);
  const close = mailbox.findIndex((token) => isSpecial(token, '>'));
  if (close !== mailbox.length - 1 || close < open)
    throw new MalformedFrom('text behind the address in From');
  const domains = [domainOfAddress(mailbox.slice(open + 1, close))];
  return name.some(isAt) ? [...domains, domainOfAddress(name)] : domains;
}

/** RFC 5322 3.4.1 without its obsolete forms: nothing stands between the parts. */
function domainOfAddress(tokens: readonly FromToken[]): string {
  const at = tokens.findIndex(isAt);
  if (at === 0) throw new MalformedFrom('source route in From');
  if (at < 0 || tokens.findLastIndex(isAt) !== at) throw new MalformedFrom('no address in From');
  if (tokens.slice(1).some((token) => token.afterGap))
    throw new MalformedFrom('white space in the address of From');
  const local = tokens.slice(0, at);
  const domain = tokens.slice(at + 1);
  if (!isDotted(local, 'atom', 'quoted') || hasEncodedWord(local))
    throw new MalformedFrom('strange address in From');
  if (domain.some((token) => token.kind === 'literal')) throw new MalformedFrom('address literal in From');
  const name = isDotted(domain, 'atom') ? asciiName(domain.map((token) => token.text).join('')) : undefined;
  if (name === undefined) throw new MalformedFrom('no domain in the address of From');
  return name;
}

/** Words with single dots between them. */
function isDotted(tokens: readonly FromToken[], ...kinds: FromToken['kind'][]): boolean {
  if (tokens.length % 2 === 0) return false;
  return tokens.every((token, i) => (i % 2 === 0 ? kinds.includes(token.kind) : isSpecial(token, '.')));
}

/** Some programs decode these even where RFC 2047 5 forbids it. */
function hasEncodedWord(tokens: readonly FromToken[]): boolean {
  return /=\?.*\?=/.test(tokens.map((token) => token.text).join(''));
}

function unusable(why: string): Author {
  return { kind: 'unusable', why };
}
