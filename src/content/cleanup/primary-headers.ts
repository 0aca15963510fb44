/**
 * What cleanup(8) does to the headers of the message itself on its way into a queue: leaves some out, completes
 * addresses of our own clients, counts the hops, and adds what is missing. `Postfix: cleanup_header_callback,
 * cleanup_header_done_callback`; RFC 5321 6.3, 6.4. Parameters: message_drop_headers, hopcount_limit,
 * always_add_missing_headers, undisclosed_recipients_header, local_header_rewrite_clients,
 * remote_header_rewrite_domain. A filter in front of the queue (smtpd_proxy_filter) gets the headers as they came.
 */
import { type Address, externalForm } from '../../mail/address.ts';
import type { Envelope } from '../../mail/envelope.ts';
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import { encodeOctets } from '../../mail/octets.ts';
import { reply } from '../../mail/reply.ts';
import { builtIn } from '../../mail/source.ts';
import type { Log } from '../../record/log.ts';
import type { Judgement } from '../judgement.ts';
import { isHeaderText } from '../mime/header-name.ts';
import { mailDate } from '../received.ts';
import { type HeaderRewriter, rewriteAddresses } from './header-addresses.ts';
import { headerLines } from './header-lines.ts';
import type { KnownHeader } from './known-headers.ts';

export interface PrimaryHeaderOptions {
  readonly headerLimitBytes: number;
  /** Lower case. */
  readonly drop: ReadonlySet<string>;
  readonly hopLimit: number;
  /** header_address_token_limit */
  readonly tokenLimit: number;
  readonly alwaysAddMissing: boolean;
  /** A whole header, or empty. */
  readonly undisclosedRecipients: string;
  readonly myhostname: string;
  /** Of mail from our own clients; undefined: nothing is rewritten. */
  readonly localRewriter: HeaderRewriter | undefined;
  /** Of all other mail. */
  readonly remoteRewriter: HeaderRewriter | undefined;
  /** The envelope sender as it goes on. */
  mapSender(sender: Address): MaybePromise<Address>;
}

const VISIBLE_RECIPIENTS = ['to', 'resent-to', 'cc', 'resent-cc'];

export class PrimaryHeaders {
  readonly #options: PrimaryHeaderOptions;
  readonly #judgement: Judgement;
  readonly #log: Log;
  readonly #rewriter: HeaderRewriter | undefined;
  readonly #seen = new Set<string>();
  /** The one that was added. */
  newMessageId: string | undefined;
  #hops = 0;
  #resent: '' | 'Resent-' = '';

  constructor(options: PrimaryHeaderOptions, judgement: Judgement, log: Log) {
    this.#options = options;
    this.#judgement = judgement;
    this.#log = log;
    this.#rewriter = judgement.envelope.localRewrite ? options.localRewriter : options.remoteRewriter;
  }

  /** A Received header has come, whatever becomes of it. */
  countHop(): void {
    this.#hops += 1;
  }

  /** What becomes of a header: it stays as it is, goes, or has another text. */
  take(name: string, text: Buffer, known: KnownHeader | undefined): MaybePromise<'keep' | 'drop' | Buffer> {
    const { drop, hopLimit } = this.#options;
    this.#seen.add(name);
    if (name === 'received' && this.#hops >= hopLimit) this.#tooManyHops();
    if (known?.isResent) this.#resent = 'Resent-';
    if (drop.has(name)) return 'drop';
    if (!this.#rewriter || !known?.addresses || this.#judgement.isOver) return 'keep';
    const warn = (warning: string) => this.#log.warn(`${this.#judgement.envelope.id}: ${warning}`);
    const { headerLimitBytes, tokenLimit } = this.#options;
    const rewritten = rewriteAddresses(text, this.#rewriter[known.addresses], tokenLimit, warn);
    return rewritten.then((changed) => (changed ? headerLines(changed, headerLimitBytes) : 'keep'));
  }

  /** Whether anything is added to what is missing. */
  get completes(): boolean {
    return this.#rewriter !== undefined || this.#options.alwaysAddMissing;
  }

  /** What is missing, with line ends. */
  async missing(): Promise<Buffer> {
    const { envelope } = this.#judgement;
    const fields: string[] = [];
    if (!this.#hasSeen('message-id'))
      fields.push(`${this.#resent}Message-Id: ${this.#newMessageId(envelope)}`);
    if (!this.#hasSeen('date')) fields.push(`${this.#resent}Date: ${mailDate(new Date(envelope.startedAt))}`);
    if (!this.#hasSeen('from')) fields.push(`${this.#resent}From: ${await this.#author(envelope)}`);
    if (!VISIBLE_RECIPIENTS.some((name) => this.#seen.has(name))) fields.push(...this.#undisclosed());
    const { headerLimitBytes } = this.#options;
    return Buffer.concat(fields.map((field) => headerLines(encodeOctets(field), headerLimitBytes)));
  }

  #hasSeen(name: string): boolean {
    return this.#seen.has(`${this.#resent.toLowerCase()}${name}`);
  }

  #newMessageId({ id }: Envelope): string {
    const messageId = `<${id}@${this.#options.myhostname}>`;
    if (this.#resent === '') this.newMessageId = messageId;
    else this.#log.info(`${id}: resent-message-id=${messageId}`, { daemon: 'cleanup' });
    return messageId;
  }

  async #author({ sender }: Envelope): Promise<string> {
    const mapped = sender.text === '' ? sender : await this.#options.mapSender(sender);
    return mapped.text === '' ? 'MAILER-DAEMON' : externalForm(mapped);
  }

  #undisclosed(): string[] {
    const { undisclosedRecipients: text } = this.#options;
    if (text === '') return [];
    if (isHeaderText(text)) return [text];
    this.#log.warn(
      `bad undisclosed_recipients_header header text "${text}" -- need "headername: headervalue"`,
    );
    return [];
  }

  #tooManyHops(): void {
    this.#log.warn(`${this.#judgement.envelope.id}: message rejected: hopcount exceeded`, {
      daemon: 'cleanup',
    });
    this.#judgement.refuse(reply(554, '5.4.0', 'Error: too many hops'), 'hopcount_limit', builtIn);
  }
}
