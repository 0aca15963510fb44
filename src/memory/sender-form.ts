/**
 * Sender addresses without what changes from mail to mail: tags against forged bounces (BATV), recipients and numbers in
 * the bounce addresses of lists (VERP), what forwarders put in front (SRS), extensions behind a plus.
 * The result is a key to compare, not an address to write to.
 */
import type { Address } from '../mail/address.ts';
import { asciiDomain } from '../mail/host-syntax.ts';

/** The sender as greylisting knows it: mails of one list or shop have one sender. Empty for the null sender. */
export function steadySender({ local, domain, text }: Address): string {
  if (text === '') return '';
  const steady = withoutTags(local.toLowerCase())
    .replace(/\+.*/s, '')
    .split(/([-_.=])/)
    .map((word) => (isCounter(word) ? '#' : word))
    .join('')
    .replace(/#(?:[-_.=]#)+/g, '#');
  return `${steady}@${domainKey(domain)}`;
}

/** A person or list that our users write to: the address that a mail from there comes back from, too. */
export function correspondentForm({ local, domain, text }: Address): string {
  if (text === '') return '';
  const person = withoutTags(local.toLowerCase())
    .replace(/\+.*/s, '')
    .replace(/-(?:bounces?|returns?|errors?|owner|request)(?:-.*)?$/s, '')
    .replace(/^(?:bounces?|owner|return)-/, '');
  return `${person}@${domainKey(domain)}`;
}

/** `prvs=4321abcdef=joe`, the other way round, `btv1==tag==joe`, and the hash and day of `SRS0=hash=day=domain=joe`. */
function withoutTags(local: string): string {
  const srs = /^srs([01])[=+-].*?=([^=@]+\.[^=@]+)=(.+)$/s.exec(local);
  if (srs) return `srs${srs[1]}=${srs[2]}=${srs[3]}`;
  const btv1 = /^btv1==[^=]+==(.+)$/s.exec(local);
  if (btv1) return btv1[1] ?? local;
  const prvs = /^(?:ms)?prvs\d?=([^=]+)=([^=]+)$/s.exec(local);
  if (!prvs) return local;
  const [, first = '', second = ''] = prvs;
  return isBatvTag(second) && !isBatvTag(first) ? first : second;
}

function isBatvTag(word: string): boolean {
  return /^[0-9a-z]{10}$/.test(word) && /\d/.test(word);
}

/** A number, or a long word with several digits in it: nobody is called so. */
function isCounter(word: string): boolean {
  if (/^\d+$/.test(word)) return true;
  return word.length >= 8 && (word.match(/\d/g)?.length ?? 0) >= 2;
}

function domainKey(domain: string): string {
  return (asciiDomain(domain) ?? domain).toLowerCase();
}
