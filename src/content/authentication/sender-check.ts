/**
 * Who sent this mail? Reads it as it comes (DKIM, ARC), asks SPF and DMARC about it, and writes down what was found in
 * Authentication-Results and Received-SPF. Parameters: spf_verify, dkim_verify, dmarc_policy, arc_trusted_sealers.
 * Mail of our own users and networks is not looked at. What cannot be known now is a temperror; dmarc-policy.ts says
 * what follows.
 */
import type { Dns } from '../../dns/dns.ts';
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import type { MessageFacts } from '../../mail/message.ts';
import { Refused } from '../../mail/refused.ts';
import { reply } from '../../mail/reply.ts';
import type { Session } from '../../mail/session.ts';
import { type ArcResult, ArcVerification } from '../../sender-auth/arc.ts';
import {
  arcMethod,
  authenticationResults,
  dkimMethods,
  dmarcMethod,
  type MethodResult,
  methodInWords,
  spfMethod,
} from '../../sender-auth/authentication-results.ts';
import { type DkimResult, DkimVerification } from '../../sender-auth/dkim-verify.ts';
import { type DmarcResult, evaluateDmarc } from '../../sender-auth/dmarc.ts';
import { type DmarcReportRow, reportRow } from '../../sender-auth/dmarc-report.ts';
import { authorOfFields } from '../../sender-auth/from-header.ts';
import type { HeaderField } from '../../sender-auth/header-fields.ts';
import { type CheckedSpf, clientOf, type MailSpf } from '../../sender-auth/mail-spf.ts';
import { receivedSpf } from '../../sender-auth/received-spf.ts';
import type { SpfResult } from '../../sender-auth/spf.ts';
import { LookupFailure } from '../../tables/table.ts';
import type { MailOf } from '../inspection.ts';
import type { RawReader, RawVerdict } from '../raw-reader.ts';
import { voucherOf } from './arc-override.ts';
import { type Consequence, consequenceOf, type DmarcPolicyOptions, dispositionOf } from './dmarc-policy.ts';
import { learnSigner, missingSignature, type Signers } from './expected-signature.ts';
import { HeaderSplit } from './header-split.ts';

export interface SenderCheckOptions {
  readonly dns: Dns;
  /** For the keys of a mail together. */
  readonly timeoutMs: number;
  readonly spf: Pick<MailSpf, 'of'>;
  readonly showSpf: boolean;
  readonly showDkim: boolean;
  readonly dmarc: DmarcPolicyOptions;
  /** Rejects when it cannot be known. */
  isTrustedSealer(domain: string): MaybePromise<boolean>;
  readonly signers: Signers;
  /** A user who logged in, or a client of ours. Rejects when it cannot be known. */
  isOurs(session: Session): MaybePromise<boolean>;
  readonly authservId: string;
}

/** What SPF says where there is nobody to ask about. */
const NO_SPF: SpfResult = { result: 'none', identity: 'mailfrom', domain: '', lookups: 0 };
/** Results that tell those behind us no more than no field at all. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['none', 'temperror']);
const UNKNOWN = reply(451, '4.3.0', 'Error: temporary lookup failure');

export class SenderCheck {
  readonly #options: SenderCheckOptions;

  constructor(options: SenderCheckOptions) {
    this.#options = options;
  }

  /** A message begins to arrive. Undefined: it is of ours, and nothing is checked. */
  begin(mail: MailOf): RawReader | undefined {
    const isOurs = this.#options.isOurs(mail.session);
    return isOurs === true ? undefined : new SenderReader(mail, isOurs, this.#options);
  }
}

/** What was found out. */
interface Found {
  readonly spf: CheckedSpf | undefined;
  readonly dkim: readonly DkimResult[];
  readonly arc: ArcResult;
  readonly dmarc: DmarcResult | undefined;
  /** The sealer whose word counts for more than a DMARC failure. */
  readonly voucher: string | undefined;
}

class SenderReader implements RawReader {
  readonly name = 'sender authentication';
  readonly #mail: MailOf;
  readonly #isOurs: MaybePromise<boolean>;
  readonly #options: SenderCheckOptions;
  readonly #spf: Promise<CheckedSpf | undefined>;
  readonly #dkim: DkimVerification;
  readonly #arc: ArcVerification;
  readonly #split: HeaderSplit;

  constructor(mail: MailOf, isOurs: MaybePromise<boolean>, options: SenderCheckOptions) {
    const { session, envelope } = mail;
    this.#mail = mail;
    this.#isOurs = isOurs;
    this.#options = options;
    this.#spf = options.spf.of(session, envelope.sender, envelope);
    this.#spf.catch(() => {}); // finish() hears of it
    this.#dkim = new DkimVerification(options);
    this.#arc = new ArcVerification({ ...options, bodies: this.#dkim.bodies });
    this.#split = new HeaderSplit({
      header: (block) => {
        this.#dkim.header(block);
        this.#arc.header(this.#dkim.fields);
      },
      body: (chunk) => this.#dkim.body(chunk),
    });
  }

  write(chunk: Buffer): void {
    this.#split.write(chunk);
  }

  async finish(): Promise<RawVerdict> {
    try {
      this.#split.end();
      if (await this.#isOurs) return {};
      return this.#verdict(await this.#find());
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
      throw new Refused(error.message, UNKNOWN);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#dkim.abandon();
    this.#arc.abandon();
  }

  async #find(): Promise<Found> {
    const [spf, dkim] = await Promise.all([this.#spf, this.#dkim.finish()]);
    const arc = await this.#arc.finish();
    const { dmarc: policy } = this.#options;
    if (policy.mode === 'off') return { spf, dkim, arc, dmarc: undefined, voucher: undefined };
    const author = authorOfFields(this.#dkim.fields);
    if (author.kind === 'unusable' && policy.mode === 'monitor' && !hasFrom(this.#dkim.fields)) {
      return { spf, dkim, arc, dmarc: undefined, voucher: undefined }; // it claims nobody's name
    }
    const dmarc = await evaluateDmarc({ author, spf: spf?.result ?? NO_SPF, dkim }, this.#options);
    const isDoubtful = dmarc.result === 'fail' || dmarc.result === 'temperror';
    const voucher = isDoubtful ? await voucherOf(arc, this.#options.isTrustedSealer) : undefined;
    return { spf, dkim, arc, dmarc, voucher };
  }

  #verdict(found: Found): RawVerdict {
    const { dkim } = found;
    const { signers } = this.#options;
    learnSigner(this.#mail, dkim, signers);
    const consequence = this.#consequence(found);
    const refusal = consequence.refusal ?? missingSignature(this.#mail, dkim, signers);
    const looked = this.#methods(found, { spf: true, dkim: true }).map(methodInWords);
    const facts = { ...factsOf(found), dmarcReport: this.#report(found, consequence) };
    return { facts, fields: this.#fields(found), looked, ...consequence, refusal };
  }

  #report({ spf, dkim, dmarc, voucher }: Found, consequence: Consequence): DmarcReportRow | undefined {
    if (!dmarc) return undefined;
    const disposition = dispositionOf(consequence);
    return reportRow({
      ...{ dmarc, dkim, disposition, spf: spf?.result ?? NO_SPF },
      envelopeFrom: this.#mail.envelope.sender.domain,
      ...(voucher !== undefined && {
        reason: { type: 'trusted_forwarder', comment: `ARC seal of ${voucher}` },
      }),
    });
  }

  #consequence({ spf, dkim, dmarc, voucher }: Found): Consequence {
    if (!dmarc || voucher !== undefined) return {};
    return consequenceOf({ dmarc, spf: spf?.result ?? NO_SPF, dkim }, this.#options.dmarc);
  }

  /** Where nobody publishes or signs anything, nothing is told, not even that From names nobody. */
  #fields(found: Found): string[] {
    const { showSpf, showDkim, authservId } = this.#options;
    const methods = this.#methods(found, { spf: showSpf, dkim: showDkim });
    const isUnusable = (method: string) => method === 'dmarc' && found.dmarc?.unusableFrom !== undefined;
    if (methods.every(({ method, result }) => SAYS_NOTHING.has(result) || isUnusable(method))) return [];
    const fields = [`Authentication-Results: ${authenticationResults(authservId, methods)}`];
    const { spf } = found;
    if (showSpf && spf && spf.result.result !== 'none')
      fields.push(`Received-SPF: ${receivedSpf(spf.result, spf.question)}`);
    return fields;
  }

  #methods(
    { spf, dkim, arc, dmarc, voucher }: Found,
    shown: { spf: boolean; dkim: boolean },
  ): MethodResult[] {
    const methods: MethodResult[] = [];
    if (shown.spf && spf) methods.push(withNote(spfMethod(spf.result, spf.question), forgivenNote(spf)));
    if (shown.dkim) methods.push(...dkimMethods(dkim));
    if (arc.result !== 'none') methods.push(arcMethod(arc, clientOf(this.#mail.session)));
    if (dmarc) methods.push(withNote(dmarcMethod(dmarc), voucher && `not followed: ARC seal of ${voucher}`));
    return methods;
  }
}

function hasFrom(fields: readonly HeaderField[]): boolean {
  return fields.some(({ raw }) => /^\s*from\s*:/i.test(raw));
}

function forgivenNote({ forgiven }: CheckedSpf): string | undefined {
  return forgiven ? 'a trusted forwarder' : undefined;
}

function withNote(method: MethodResult, note: string | undefined): MethodResult {
  if (!note) return method;
  return { ...method, comment: method.comment ? `${method.comment}, ${note}` : note };
}

function factsOf({ spf, dkim, dmarc, voucher }: Found): MessageFacts {
  const passing = dkim.find(({ result }) => result === 'pass');
  return {
    spf: spf && (spf.forgiven ? `${spf.result.result}, forgiven` : spf.result.result),
    dkim: (passing ?? dkim[0])?.result ?? 'none',
    dmarc: dmarc && (voucher ? `${dmarc.result}, ARC seal of ${voucher}` : dmarc.result),
  };
}
