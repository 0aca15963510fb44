/** Tags that DKIM signatures and ARC fields share, read and judged. RFC 6376 3.5, RFC 8617 4.1 */
import { qualifiedName } from './domain-name.ts';
import { compact, type Tags } from './tag-list.ts';

export type KeyType = 'rsa' | 'ed25519';

export function isBase64(value: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value);
}

/** Seconds since 1970. */
export function isTime(value: string): boolean {
  return /^\d{1,12}$/.test(value);
}

export function lacks(...names: string[]) {
  return (tags: Tags) => names.some((name) => !tags.get(name));
}

/** Whether the tag is there and its value, without white space, is not as it should be. */
export function wrong(name: string, isRight: (value: string) => boolean) {
  return (tags: Tags) => {
    const value = compact(tags, name);
    return value !== undefined && !isRight(value);
  };
}

export function secondsOf(tags: Tags, name: string, otherwise = Number.POSITIVE_INFINITY): number {
  const value = tags.get(name);
  return value === undefined ? otherwise : Number(value);
}

export function keyTypeOf(tags: Tags): KeyType | undefined {
  const algorithm = /^(rsa|ed25519)-sha256$/i.exec(tags.get('a') ?? '');
  return algorithm?.[1]?.toLowerCase() as KeyType | undefined;
}

/** `d=`, as it is looked up. */
export function domainOf(tags: Tags): string | undefined {
  return once(domains, tags, () => qualifiedName(utf8(compact(tags, 'd') ?? '')));
}

/** A selector is one or more labels: the name with the domain behind it must be one that can be asked for. */
export function selectorOf(tags: Tags): string | undefined {
  return once(selectors, tags, () => readSelector(tags));
}

function readSelector(tags: Tags): string | undefined {
  const suffix = `._domainkey.${domainOf(tags) ?? ''}`;
  const name = qualifiedName(`${utf8(compact(tags, 's') ?? '')}${suffix}`);
  return name?.endsWith(suffix) && !name.startsWith('.') ? name.slice(0, -suffix.length) : undefined;
}

type Names = WeakMap<Tags, string | undefined>;

/** Of tag lists that do not change: a signature is asked for its names a dozen times. */
const domains: Names = new WeakMap();
const selectors: Names = new WeakMap();

function once(known: Names, tags: Tags, read: () => string | undefined): string | undefined {
  if (!known.has(tags)) known.set(tags, read());
  return known.get(tags);
}

/** Fields are kept as latin1; domains may be UTF-8 in them. RFC 8616 5 */
export function utf8(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Buffer.from(text, 'latin1').toString('utf8');
}
