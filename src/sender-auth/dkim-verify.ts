/**
 * DKIM signatures of a message, checked while it passes by: the header at once, the body in chunks of any size.
 * Parameter it serves: dkim_verify. RFC 6376 6, RFC 8301, RFC 8463, RFC 8601 2.7.1 (the results).
 * Keys are asked for side by side as soon as the header is there. A key that cannot be had in time is a temperror,
 * never a fail. What a result means for the mail is not decided here.
 */
import type { Dns } from '../dns/dns.ts';
import { type BodyHash, BodyHashes } from './body-hash.ts';
import { Deadline } from './deadline.ts';
import { findKey, type KeyAnswer, type KeyRecord } from './dkim-key.ts';
import {
  type ParsedSignature,
  parseSignature,
  type Refusal,
  type Signature,
  type SignatureLabel,
} from './dkim-signature.ts';
import { type HeaderField, headerFields } from './header-fields.ts';
import { bodyMatches, headerMatches, SignableFields } from './signature-check.ts';

export interface DkimOptions {
  readonly dns: Dns;
  /** For all keys together. */
  readonly timeoutMs: number;
  /** The signatures on top are checked, the others are not. */
  readonly maxSignatures?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export interface DkimResult extends SignatureLabel {
  readonly result: 'pass' | 'fail' | 'neutral' | 'policy' | 'temperror' | 'permerror';
  /** Why it is not a pass; for a pass, about the key. */
  readonly comment: string;
  /** The key says that the domain is only testing. */
  readonly testing: boolean;
  /** `l=` leaves a part of the body unsigned. */
  readonly bodyLengthLimited: boolean;
  readonly keyBits?: number;
  /** Whether the signature proves its domain to DMARC, if it aligns. */
  readonly alignedUsable: boolean;
}

const MAX_SIGNATURES = 10;
/** Larger headers are not checked: every signature is a `policy` result. */
const MAX_HEADER_BYTES = 1_048_576;

/** A signature under way. */
interface Candidate {
  readonly parsed: ParsedSignature;
  readonly body: BodyHash | undefined;
  readonly key: Promise<KeyAnswer> | undefined;
}

export class DkimVerification {
  /** The hashes being made of the body; an ArcVerification may want one of its own from here before the body begins. */
  readonly bodies = new BodyHashes();
  readonly #options: DkimOptions;
  readonly #deadline: Deadline;
  #candidates: Candidate[] = [];
  #fields: readonly HeaderField[] = [];
  #unchecked = 0;

  /** The time for the keys begins now. `finish` or `abandon` must be called. */
  constructor(options: DkimOptions) {
    this.#options = options;
    this.#deadline = new Deadline(options.timeoutMs);
  }

  /** Signatures beyond the bound. */
  get unchecked(): number {
    return this.#unchecked;
  }

  /** The fields of the header, from the top down. */
  get fields(): readonly HeaderField[] {
    return this.#fields;
  }

  /** The whole header block in CRLF form, with or without the empty line that ends it. Once, before the body. */
  header(rawHeaderBlock: Buffer): void {
    this.#fields = headerFields(rawHeaderBlock);
    const signed = this.#fields.filter((field) => field.name === 'dkim-signature');
    const checked = signed.slice(0, this.#options.maxSignatures ?? MAX_SIGNATURES);
    this.#unchecked = signed.length - checked.length;
    const now = Math.trunc((this.#options.clock ?? Date.now)() / 1000);
    const tooLarge = rawHeaderBlock.length > MAX_HEADER_BYTES;
    const keys = new Map<string, Promise<KeyAnswer>>();
    for (const field of checked) {
      const parsed = parseSignature(field, { now, kind: 'dkim' });
      this.#candidates.push(tooLarge ? refusedCandidate(parsed) : this.#candidate(parsed, keys));
    }
  }

  #candidate(parsed: ParsedSignature, keys: Map<string, Promise<KeyAnswer>>): Candidate {
    if (parsed.kind === 'bad') return { parsed, body: undefined, key: undefined };
    const { selector, domain, bodyCanonicalization, bodyLength } = parsed.signature;
    const name = `${selector} ${domain}`;
    const key = keys.get(name) ?? findKey(selector, domain, this.#options.dns, this.#deadline);
    keys.set(name, key);
    return { parsed, body: this.bodies.want(bodyCanonicalization, bodyLength), key };
  }

  /** A part of the body in CRLF form. */
  body(chunk: Buffer): void {
    this.bodies.update(chunk);
  }

  /** The results, in the order of the signatures from the top down; none for a mail without signatures. */
  async finish(): Promise<DkimResult[]> {
    this.bodies.end();
    const fields = new SignableFields(this.#fields);
    const answers = await Promise.all(this.#candidates.map((candidate) => candidate.key));
    this.#deadline.end();
    return this.#candidates.map((candidate, i) => judge(candidate, answers[i], fields));
  }

  /** The message will not come to its end. */
  abandon(): void {
    this.#deadline.end();
    this.#candidates = [];
  }
}

function refusedCandidate({ label }: ParsedSignature): Candidate {
  const refusal: Refusal = { result: 'policy', comment: 'header is too large' };
  return { parsed: { kind: 'bad', label, refusal }, body: undefined, key: undefined };
}

function judge(
  { parsed, body }: Candidate,
  answer: KeyAnswer | undefined,
  fields: SignableFields,
): DkimResult {
  if (parsed.kind === 'bad') return refused(parsed.label, parsed.refusal);
  if (!answer || !body) throw new Error('a good signature has a key and a body');
  if (answer.kind !== 'key') return refused(parsed.label, answer.refusal);
  const { label, signature } = parsed;
  const facts = {
    testing: answer.record.testing,
    bodyLengthLimited: signature.bodyLength !== undefined && body.total > signature.bodyLength,
    keyBits: answer.record.bits,
  };
  const mismatch = mismatchOf(signature, answer.record);
  if (mismatch) return { ...label, ...facts, result: 'permerror', comment: mismatch, alignedUsable: false };
  const broken = brokenPart(signature, body, fields, answer.record);
  if (broken) return { ...label, ...facts, result: 'fail', comment: broken, alignedUsable: false };
  const comment = `${answer.record.bits}-bit key`;
  return { ...label, ...facts, result: 'pass', comment, alignedUsable: !facts.bodyLengthLimited };
}

/** What about the key does not fit the signature. */
function mismatchOf(signature: Signature, record: KeyRecord): string | undefined {
  if (record.keyType !== signature.keyType) return 'key is of another type';
  return record.sameDomain && signature.identityDomain !== signature.domain
    ? 'i= must be d= itself'
    : undefined;
}

function brokenPart(signature: Signature, body: BodyHash, fields: SignableFields, { key }: KeyRecord) {
  if (!bodyMatches(signature, body)) return 'body has changed';
  return headerMatches(signature, fields, key) ? undefined : 'signature does not match';
}

function refused(label: SignatureLabel, { result, comment }: Refusal): DkimResult {
  return { ...label, result, comment, testing: false, bodyLengthLimited: false, alignedUsable: false };
}
