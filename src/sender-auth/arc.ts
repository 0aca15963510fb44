/**
 * Verifies an ARC chain: who vouched for this mail before. RFC 8617 5.2.
 * Parameter it serves: arc_trusted_sealers. Whether a sealer is trusted is not decided here, and without trust a chain
 * that passes means nothing: anybody can seal.
 * A key that cannot be had now makes it a temperror, unless something is wrong for good.
 */
import type { Dns } from '../dns/dns.ts';
import { type ArcChain, type ArcSet, arcChain, resultsOf } from './arc-chain.ts';
import type { BodyHash, BodyHashes } from './body-hash.ts';
import { Deadline } from './deadline.ts';
import { findKey, type KeyAnswer } from './dkim-key.ts';
import { type ParsedSignature, parseSignature, type Signature } from './dkim-signature.ts';
import { type HeaderField, relaxedField, withoutSignature } from './header-fields.ts';
import { bodyMatches, headerMatches, isSignedBy, SignableFields } from './signature-check.ts';
import { domainOf, keyTypeOf, selectorOf } from './signature-tags.ts';
import { compact } from './tag-list.ts';

export interface ArcOptions {
  readonly dns: Dns;
  /** For all keys together. */
  readonly timeoutMs: number;
  /** Those of the DkimVerification that reads the same message. */
  readonly bodies: BodyHashes;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export interface Sealer {
  readonly instance: number;
  readonly domain: string;
  readonly selector: string;
  /** What its ARC-Authentication-Results says, without the instance. */
  readonly results: string;
}

export interface ArcResult {
  readonly result: 'none' | 'pass' | 'fail' | 'temperror';
  readonly comment: string;
  /** Oldest first; empty unless the chain passes. */
  readonly sealers: readonly Sealer[];
}

/** What one signature of the chain turned out to be. */
type Finding = { readonly kind: 'good' } | { readonly kind: 'bad' | 'unknown'; readonly why: string };
const GOOD: Finding = { kind: 'good' };

export class ArcVerification {
  readonly #options: ArcOptions;
  readonly #deadline: Deadline;
  #fields: readonly HeaderField[] = [];
  #chain: ArcChain = { kind: 'none' };
  #message: ParsedSignature | undefined;
  #body: BodyHash | undefined;
  #keys = new Map<string, Promise<KeyAnswer>>();

  /** The time for the keys begins now. `finish` or `abandon` must be called. */
  constructor(options: ArcOptions) {
    this.#options = options;
    this.#deadline = new Deadline(options.timeoutMs);
  }

  /** The fields of the message, once, before its body. */
  header(fields: readonly HeaderField[]): void {
    this.#fields = fields;
    this.#chain = arcChain(fields);
    if (this.#chain.kind !== 'chain') return;
    for (const { sealTags } of this.#chain.sets)
      this.#key(selectorOf(sealTags) ?? '', domainOf(sealTags) ?? '');
    const now = Math.trunc((this.#options.clock ?? Date.now)() / 1000);
    const newest = this.#chain.sets.at(-1);
    this.#message = newest && parseSignature(newest.message, { now, kind: 'arc' });
    if (this.#message?.kind !== 'good') return;
    const { selector, domain, bodyCanonicalization, bodyLength } = this.#message.signature;
    this.#key(selector, domain);
    this.#body = this.#options.bodies.want(bodyCanonicalization, bodyLength);
  }

  #key(selector: string, domain: string): Promise<KeyAnswer> {
    const name = `${selector} ${domain}`;
    const key = this.#keys.get(name) ?? findKey(selector, domain, this.#options.dns, this.#deadline);
    this.#keys.set(name, key);
    return key;
  }

  /** The message will not come to its end. */
  abandon(): void {
    this.#deadline.end();
  }

  async finish(): Promise<ArcResult> {
    try {
      return await this.#judge(this.#chain);
    } finally {
      this.#deadline.end();
    }
  }

  async #judge(chain: ArcChain): Promise<ArcResult> {
    if (chain.kind === 'none') return { result: 'none', comment: 'no ARC sets', sealers: [] };
    if (chain.kind === 'broken') return failed(chain.why);
    this.#options.bodies.end();
    const findings = [await this.#checkMessage()];
    const before: string[] = [];
    for (const set of chain.sets) {
      before.push(relaxedField(set.results), relaxedField(set.message));
      findings.push(await this.#checkSeal(set, before));
      before.push(relaxedField(set.seal));
    }
    const bad =
      findings.find((finding) => finding.kind === 'bad') ??
      findings.find((finding) => finding.kind === 'unknown');
    if (bad && bad.kind !== 'good')
      return { ...failed(bad.why), result: bad.kind === 'bad' ? 'fail' : 'temperror' };
    return { result: 'pass', comment: `i=${chain.sets.length}`, sealers: chain.sets.map(sealerOf) };
  }

  /** Step 4: the newest message signature. */
  async #checkMessage(): Promise<Finding> {
    const parsed = this.#message;
    if (!parsed || parsed.kind === 'bad')
      return { kind: 'bad', why: parsed?.refusal.comment ?? 'no message signature' };
    const { signature } = parsed;
    if (signature.signedFields.includes('arc-seal'))
      return { kind: 'bad', why: 'message signature covers a seal' };
    const answer = await this.#key(signature.selector, signature.domain);
    if (answer.kind !== 'key') return withoutKey(answer);
    return this.#messageHolds(signature, answer)
      ? GOOD
      : { kind: 'bad', why: 'message signature does not match' };
  }

  #messageHolds(signature: Signature, { record }: KeyAnswer & { kind: 'key' }): boolean {
    if (!this.#body || record.keyType !== signature.keyType) return false;
    return (
      bodyMatches(signature, this.#body) &&
      headerMatches(signature, new SignableFields(this.#fields), record.key)
    );
  }

  /** Step 6: a seal covers its own set and, in front of it, all sets before. RFC 8617 5.1.1 */
  async #checkSeal({ seal, sealTags }: ArcSet, before: readonly string[]): Promise<Finding> {
    const answer = await this.#key(selectorOf(sealTags) ?? '', domainOf(sealTags) ?? '');
    if (answer.kind !== 'key') return withoutKey(answer);
    const { key, keyType } = answer.record;
    const data = Buffer.from([...before, relaxedField(withoutSignature(seal))].join('\r\n'), 'latin1');
    const value = Buffer.from(compact(sealTags, 'b') ?? '', 'base64');
    const holds = keyType === keyTypeOf(sealTags) && isSignedBy(key, keyType, data, value);
    return holds ? GOOD : { kind: 'bad', why: `i=${compact(sealTags, 'i')}: seal does not match` };
  }
}

function withoutKey(answer: Exclude<KeyAnswer, { kind: 'key' }>): Finding {
  return { kind: answer.kind === 'unknown' ? 'unknown' : 'bad', why: answer.refusal.comment };
}

function failed(why: string): ArcResult {
  return { result: 'fail', comment: why, sealers: [] };
}

function sealerOf({ sealTags, results }: ArcSet, index: number): Sealer {
  return {
    instance: index + 1,
    domain: domainOf(sealTags) ?? '',
    selector: selectorOf(sealTags) ?? '',
    results: resultsOf(results),
  };
}
