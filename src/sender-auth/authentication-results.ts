/**
 * The Authentication-Results header field: what was found out about the sender, for those behind us. RFC 8601;
 * RFC 8617 6 (arc), RFC 9989 9.1 (dmarc). Parameters it serves: authserv_id, spf_verify, dkim_verify.
 * It goes on top. Inbound fields in our name must be taken out first: results-claim.ts.
 */
import type { Client, NameStatus } from '../mail/client.ts';
import type { Looked } from '../mail/trace.ts';
import type { ArcResult } from './arc.ts';
import type { DkimResult } from './dkim-verify.ts';
import type { DmarcResult } from './dmarc.ts';
import { addressValue, fieldValue, folded, harmless, quotedValue, withSemicolons } from './field-value.ts';
import type { SpfQuestion, SpfResult } from './spf.ts';

/** What one method found; texts may come from strangers, they are made harmless here. */
export interface MethodResult {
  readonly method: string;
  readonly result: string;
  /** Stands in parentheses. */
  readonly comment?: string | undefined;
  readonly reason?: string | undefined;
  /** `smtp.mailfrom` and its value; pairs without a value are left out. */
  readonly properties: readonly (readonly [name: string, value: string | undefined])[];
}

/** The value of the field, folded. */
export function authenticationResults(authservId: string, results: readonly MethodResult[]): string {
  const items = results.length > 0 ? results.map(itemOf) : ['none'];
  const words = withSemicolons([fieldValue(authservId), ...items]).flatMap((item) => item.split(SEPARATOR));
  return folded(words, 'Authentication-Results'.length);
}

/** Between the words of a result: no value can hold it. */
const SEPARATOR = '\n';

function itemOf({ method, result, comment, reason, properties }: MethodResult): string {
  const words = [`${method}=${result}`];
  if (comment) words.push(`(${harmless(comment)})`);
  if (reason) words.push(`reason=${quotedValue(reason)}`);
  for (const [name, value] of properties) {
    if (value) words.push(`${name}=${name in ADDRESSES ? addressValue(value) : fieldValue(value)}`);
  }
  return words.join(SEPARATOR);
}

/** What was asked, and what was found, in words for the story of a mail. */
export function methodInWords({ method, result, comment, reason, properties }: MethodResult): Looked {
  const values = properties.flatMap(([name, value]) => (value ? [`${name}=${harmless(value)}`] : []));
  const why = [comment, reason].filter((text) => text).map((text) => harmless(text ?? ''));
  return {
    key: [method, ...values].join(' '),
    answer: why.length > 0 ? `${result} (${why.join('; ')})` : result,
  };
}

/** The properties whose values are addresses. */
const ADDRESSES: Readonly<Record<string, true>> = {
  'smtp.mailfrom': true,
  'header.i': true,
  'smtp.auth': true,
};

export function spfMethod(found: SpfResult, q: SpfQuestion): MethodResult {
  const property = found.identity === 'helo' ? 'smtp.helo' : 'smtp.mailfrom';
  const value = found.identity === 'helo' ? q.helo : q.sender.text;
  const comment = found.guessed ? 'our guess' : found.mechanism;
  return {
    method: 'spf',
    result: found.result,
    comment,
    reason: found.problem,
    properties: [[property, value]],
  };
}

/** One result for each signature; `none` for a mail without. */
export function dkimMethods(found: readonly DkimResult[]): MethodResult[] {
  if (found.length === 0) return [{ method: 'dkim', result: 'none', properties: [] }];
  return found.map(dkimMethod);
}

function dkimMethod(found: DkimResult): MethodResult {
  const notes = [found.comment];
  if (found.bodyLengthLimited) notes.push('part of the body is not signed');
  if (found.testing) notes.push('testing');
  const said = notes.join(', ');
  return {
    method: 'dkim',
    result: found.result,
    ...(found.result === 'pass' ? { comment: said } : { reason: said }),
    properties: [
      ['header.d', found.domain],
      ['header.i', found.identity],
      ['header.s', found.selector],
      ['header.a', found.algorithm],
      ['header.b', found.signatureStart],
    ],
  };
}

export function dmarcMethod(found: DmarcResult): MethodResult {
  const policy = found.record ? found.policy : undefined;
  return {
    method: 'dmarc',
    result: found.result,
    reason: found.problem,
    properties: [
      ['policy.dmarc', policy],
      ['header.from', found.domain],
    ],
  };
}

export function arcMethod(found: ArcResult, client: Pick<Client, 'address'>): MethodResult {
  const said = found.result === 'pass' ? { comment: found.comment } : { reason: found.comment };
  const sealer = found.sealers.at(-1)?.domain;
  return {
    method: 'arc',
    result: found.result,
    ...(found.result !== 'none' && said),
    properties: [
      ['header.d', sealer],
      ['smtp.remote-ip', client.address],
    ],
  };
}

const IPREV: Readonly<Record<NameStatus, string>> = {
  ok: 'pass',
  forged: 'fail',
  absent: 'permerror',
  unknown: 'temperror',
};

/** RFC 8601 3: whether the client's address has a name that leads back to it. */
export function iprevMethod(client: Client): MethodResult {
  const comment = client.nameStatus === 'ok' ? client.name : undefined;
  return {
    method: 'iprev',
    result: IPREV[client.nameStatus],
    comment,
    properties: [['policy.iprev', client.address]],
  };
}
