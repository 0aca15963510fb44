/**
 * The ARC sets of a header, put together and judged by their form. RFC 8617 4.1, 4.2, 5.2 steps 1 to 3.
 * Whether the signatures hold is arc.ts.
 */
import { fieldBody, type HeaderField } from './header-fields.ts';
import { domainOf, isBase64, isTime, keyTypeOf, lacks, selectorOf, wrong } from './signature-tags.ts';
import { compact, parseTags, type Tags } from './tag-list.ts';

export interface ArcSet {
  readonly seal: HeaderField;
  readonly sealTags: Tags;
  readonly message: HeaderField;
  readonly results: HeaderField;
}

export type ArcChain =
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly why: string }
  /** Oldest first: the set of instance 1 has index 0. */
  | { readonly kind: 'chain'; readonly sets: readonly ArcSet[] };

const MAX_SETS = 50;
/** Longer chains are broken: each seal covers all before it, so the work grows with the square of their number. */
const MAX_BYTES = 262_144;

/** The fields of a set, and where each says its instance. */
const PARTS: Readonly<Record<string, { part: Part; instance: (field: HeaderField) => string | undefined }>> =
  {
    'arc-seal': { part: 'seal', instance: taggedInstance },
    'arc-message-signature': { part: 'message', instance: taggedInstance },
    'arc-authentication-results': { part: 'results', instance: leadingInstance },
  };
type Part = 'seal' | 'message' | 'results';
type Parts = Partial<Record<Part, HeaderField>>;

class BrokenChain extends Error {}

export function arcChain(fields: readonly HeaderField[]): ArcChain {
  const own = fields.filter((field) => Object.hasOwn(PARTS, field.name));
  if (own.length === 0) return { kind: 'none' };
  try {
    if (own.length > MAX_SETS * 3) throw new BrokenChain(`more than ${MAX_SETS} sets`);
    if (own.reduce((sum, field) => sum + field.raw.length, 0) > MAX_BYTES)
      throw new BrokenChain('fields too large');
    return { kind: 'chain', sets: completeSets(collect(own)) };
  } catch (error) {
    if (error instanceof BrokenChain) return { kind: 'broken', why: error.message };
    throw error;
  }
}

function collect(fields: readonly HeaderField[]): Map<number, Parts> {
  const sets = new Map<number, Parts>();
  for (const field of fields) {
    const row = PARTS[field.name];
    if (!row) continue;
    const text = row.instance(field) ?? '';
    if (!/^[1-9]\d?$/.test(text) || Number(text) > MAX_SETS)
      throw new BrokenChain(`${field.name} without instance`);
    const set = sets.get(Number(text)) ?? {};
    if (set[row.part]) throw new BrokenChain(`i=${text}: two ${field.name} fields`);
    set[row.part] = field;
    sets.set(Number(text), set);
  }
  return sets;
}

function completeSets(found: ReadonlyMap<number, Parts>): ArcSet[] {
  const sets: ArcSet[] = [];
  for (let instance = 1; instance <= found.size; instance++) {
    const { seal, message, results } = found.get(instance) ?? {};
    if (!seal || !message || !results) throw new BrokenChain(`i=${instance}: set is not complete`);
    sets.push({ seal, message, results, sealTags: sealTags(seal, instance) });
  }
  return sets;
}

/** What a seal must not be. RFC 8617 4.1.3, 5.2 */
const SEAL_RULES: readonly { broken: (tags: Tags, instance: number) => boolean; why: string }[] = [
  { broken: lacks('a', 'b', 'cv', 'd', 's'), why: 'a required tag is missing' },
  { broken: (tags) => keyTypeOf(tags) === undefined, why: 'unknown algorithm' },
  { broken: (tags) => tags.has('h'), why: 'h= in a seal' },
  { broken: wrong('b', isBase64), why: 'b= is not base64' },
  { broken: wrong('t', isTime), why: 't= is no time' },
  { broken: (tags) => domainOf(tags) === undefined, why: 'd= is no domain' },
  { broken: (tags) => selectorOf(tags) === undefined, why: 's= is no selector' },
  {
    broken: (tags, instance) => tags.get('cv') !== (instance === 1 ? 'none' : 'pass'),
    why: 'cv= does not continue the chain',
  },
];

function sealTags(seal: HeaderField, instance: number): Tags {
  const tags = parseTags(fieldBody(seal));
  if (!tags) throw new BrokenChain(`i=${instance}: seal is no tag list`);
  for (const { broken, why } of SEAL_RULES) {
    if (broken(tags, instance)) throw new BrokenChain(`i=${instance}: ${why}`);
  }
  return tags;
}

function taggedInstance(field: HeaderField): string | undefined {
  const tags = parseTags(fieldBody(field));
  return tags && compact(tags, 'i');
}

const LEADING = /^(?:[ \t\r\n]|\([^()\\]*\))*i[ \t\r\n]*=[ \t\r\n]*(\d+)(?:[ \t\r\n]|\([^()\\]*\))*;/;

function leadingInstance(field: HeaderField): string | undefined {
  return LEADING.exec(fieldBody(field))?.[1];
}

/** What an ARC-Authentication-Results field says after its instance. */
export function resultsOf(field: HeaderField): string {
  return fieldBody(field).replace(LEADING, '').trim();
}
