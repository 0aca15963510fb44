/**
 * Checks headers and body lines as they pass and carries out what the rules say: the message goes on as it came, but for
 * what is taken out, put in or replaced. `Postfix: cleanup_header_callback, cleanup_body_callback`.
 * Parameters: header_checks, mime_header_checks, nested_header_checks, body_checks, body_checks_size_limit.
 * Unlike Postfix: a NUL does not hide what stands behind it in a body line.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { encodeOctets } from '../../mail/octets.ts';
import { reply } from '../../mail/reply.ts';
import { builtIn } from '../../mail/source.ts';
import type { Log } from '../../record/log.ts';
import type { Judgement } from '../judgement.ts';
import { LogicalHeader } from '../mime/logical-header.ts';
import { type MimeProblem, mimeProblems } from '../mime/mime-problem.ts';
import { belongsToHeader, type HeaderClass, type MimeListener } from '../mime/mime-structure.ts';
import type { TextRecord } from '../mime/record-scanner.ts';
import type { CheckTable } from './check-table.ts';
import { Checking } from './checking.ts';
import { actOnContent, type Effect } from './content-actions.ts';
import { logMimeProblem, logText, oneLine } from './content-log.ts';
import { headerLines } from './header-lines.ts';
import { type KnownHeader, knownHeader } from './known-headers.ts';
import type { MessageEdits } from './message-edits.ts';
import type { PrimaryHeaders } from './primary-headers.ts';

export interface CleanupOptions {
  readonly headerChecks: Readonly<Record<HeaderClass, CheckTable | undefined>>;
  readonly bodyChecks: CheckTable | undefined;
  /** How much of each body is checked; 0: all of it. */
  readonly bodyCheckLimitBytes: number;
  readonly headerLimitBytes: number;
  /**
   * Headers of the message that are taken out unseen, such as forged results of ours. `isLoose`: it is a line behind a
   * header that ended early, the first of a field perhaps.
   */
  isUnwanted(header: LogicalHeader, isLoose: boolean): boolean;
  readonly log: Log;
}

const CRLF = Buffer.from('\r\n');

interface NamedHeader {
  readonly name: string;
  readonly text: Buffer;
  readonly known: KnownHeader | undefined;
}

export class Cleanup implements MimeListener {
  readonly #options: CleanupOptions;
  readonly #checking: Checking;
  readonly #judgement: Judgement;
  readonly #edits: MessageEdits;
  /** What a queue asks for; undefined: headers go on as they came. */
  readonly #primary: PrimaryHeaders | undefined;
  readonly #problems = new Set<MimeProblem>();
  /** Whether the header that was told of last goes on as it came, with what exceeds the limit. */
  #passes = false;
  #messageId: string | undefined;
  /** Behind a header that ended without a blank line, where many programs still see headers. */
  #isLoose = false;
  #dropsLooseField = false;

  constructor(
    options: CleanupOptions,
    judgement: Judgement,
    edits: MessageEdits,
    primary: PrimaryHeaders | undefined,
  ) {
    this.#options = options;
    this.#checking = new Checking(judgement, options.log);
    this.#judgement = judgement;
    this.#edits = edits;
    this.#primary = primary;
  }

  /** With its brackets; undefined when there is none. */
  get messageId(): string | undefined {
    return this.#messageId ?? this.#primary?.newMessageId;
  }

  wantsBody(offset: number): boolean {
    return this.#isLoose || this.#isChecked(offset);
  }

  #isChecked(offset: number): boolean {
    const { bodyChecks, bodyCheckLimitBytes } = this.#options;
    if (!bodyChecks || !this.#judgement.isChecking) return false;
    return bodyCheckLimitBytes === 0 || offset < bodyCheckLimitBytes;
  }

  /** Whether this line is a part of a field that is not wanted. The first blank line ends the search. */
  #dropsLoose(record: TextRecord): boolean {
    if (belongsToHeader(record)) return this.#dropsLooseField;
    this.#isLoose = record.end > record.start;
    const { headerLimitBytes, isUnwanted } = this.#options;
    const header = LogicalHeader.begun(record, headerLimitBytes);
    this.#dropsLooseField = header !== undefined && isUnwanted(header, true);
    return this.#dropsLooseField;
  }

  header(header: LogicalHeader, place: HeaderClass): MaybePromise<void> {
    const { name } = header;
    const known = knownHeader(name);
    const where = known?.isMime ? 'part' : place;
    if (name === 'received') this.#primary?.countHop();
    this.#passes = false;
    if (place === 'primary' && this.#options.isUnwanted(header, false)) return;
    const checks = this.#options.headerChecks[where];
    if (!checks || !this.#judgement.isChecking) return this.#settle(header, where, known);
    const { text } = header;
    const effect = this.#checking.ask(checks, 'header', text, 0, text.length);
    if (isPromise(effect)) return effect.then((told) => this.#apply(told, header, where, known));
    return this.#apply(effect, header, where, known);
  }

  headerRest(record: TextRecord): void {
    if (this.#passes) this.#pass(record);
  }

  headersDone(isCut: boolean): MaybePromise<void> {
    this.#isLoose = isCut && !this.#primary; // a queue puts a blank line there
    if (!this.#primary || this.#judgement.isOver) return;
    const separate = () => (isCut ? this.#edits.insert(CRLF) : undefined);
    if (!this.#primary.completes) return separate();
    return this.#primary.missing().then(
      (fields) => {
        if (fields.length > 0) this.#edits.insert(fields);
        separate();
      },
      (error) => this.#checking.failed(error, 'canonical_maps'),
    );
  }

  body(record: TextRecord, offset: number): MaybePromise<void> {
    if (this.#isLoose && this.#dropsLoose(record)) return;
    const { bytes, start, end } = record;
    const { bodyChecks } = this.#options;
    if (!bodyChecks || !this.#isChecked(offset)) {
      this.#pass(record);
      return;
    }
    const effect = this.#checking.ask(bodyChecks, 'body', bytes, start, end);
    if (isPromise(effect)) return effect.then((told) => this.#applyToLine(told, record));
    if (effect === undefined) this.#pass(record);
    else this.#applyToLine(effect, record);
  }

  problem(problem: MimeProblem, text: Buffer): void {
    this.#problems.add(problem);
    logMimeProblem(this.#options.log, this.#judgement, mimeProblems[problem], text);
  }

  /** A line has a character of message_reject_characters. */
  rejectCharacter({ bytes, start, end }: TextRecord): void {
    const check = 'message_reject_characters';
    const evidence = logText(bytes.subarray(start, end));
    const occasion = { check, context: 'content', evidence, source: builtIn };
    actOnContent('REJECT disallowed character', occasion, this.#judgement, this.#options.log);
  }

  /** The message is through: its structure may be a reason to refuse it. */
  settleProblems(): void {
    if (this.#problems.size === 0 || this.#judgement.isOver) return;
    const names = Object.keys(mimeProblems) as MimeProblem[];
    const worst = names.find((name) => this.#problems.has(name));
    if (worst) this.#judgement.refuse(reply(550, '5.6.0', mimeProblems[worst]), 'mime-error', builtIn);
  }

  /** A header that nobody will look at any more. */
  passHeader(header: LogicalHeader): void {
    this.#edits.pass(header.offset, header.endOffset);
    this.#passes = this.#primary === undefined;
  }

  #apply(
    effect: Effect | undefined,
    header: LogicalHeader,
    where: HeaderClass,
    known: KnownHeader | undefined,
  ): MaybePromise<void> {
    switch (effect?.kind) {
      case 'drop':
        return;
      case 'before':
        this.#insertHeader(encodeOctets(effect.text));
        break;
      case 'instead':
        return this.#replace(encodeOctets(effect.text), where);
    }
    return this.#settle(header, where, known);
  }

  #replace(text: Buffer, where: HeaderClass): MaybePromise<void> {
    const name = text.toString('latin1', 0, text.indexOf(':')).trimEnd().toLowerCase();
    return this.#settleAs({ name, text, known: knownHeader(name) }, where, () => this.#insertHeader(text));
  }

  #settle(header: LogicalHeader, where: HeaderClass, known: KnownHeader | undefined): MaybePromise<void> {
    const { name, text } = header;
    return this.#settleAs({ name, text, known }, where, () => this.#write(header));
  }

  /** `keep` lets it go on. */
  #settleAs({ name, text, known }: NamedHeader, where: HeaderClass, keep: () => void): MaybePromise<void> {
    if (where !== 'primary') return keep();
    if (name === 'message-id') this.#keepMessageId(text);
    if (!this.#primary || this.#judgement.isOver) return keep();
    const finish = (what: 'keep' | 'drop' | Buffer) => {
      if (what === 'keep') keep();
      else if (what !== 'drop') this.#edits.insert(what);
    };
    const taken = this.#primary.take(name, text, known);
    if (!isPromise(taken)) return finish(taken);
    return taken.then(finish, (error) => this.#checking.failed(error, 'canonical_maps'));
  }

  #keepMessageId(text: Buffer): void {
    this.#messageId ??= oneLine(text.subarray(text.indexOf(':') + 1).toString()).trim();
  }

  /** As it came, unless it says something else to those who look closely. */
  #write(header: LogicalHeader): void {
    const isTooLong = header.text.length > this.#options.headerLimitBytes;
    if (this.#primary && (header.changed || isTooLong)) this.#insertHeader(header.text);
    else this.passHeader(header);
  }

  #insertHeader(text: Buffer): void {
    this.#edits.insert(headerLines(text, this.#options.headerLimitBytes));
  }

  #applyToLine(effect: Effect | undefined, record: TextRecord): void {
    const { bytes, end, rawEnd } = record;
    switch (effect?.kind) {
      case 'drop':
        return;
      case 'before':
        this.#edits.insert(lineOf(effect.text, CRLF));
        break;
      case 'instead':
        this.#edits.insert(lineOf(effect.text, bytes.subarray(end, rawEnd)));
        return;
    }
    this.#pass(record);
  }

  #pass({ offset, start, rawEnd }: TextRecord): void {
    this.#edits.pass(offset, offset + rawEnd - start);
  }
}

/** A rule's text can hold no line end of its own. */
function lineOf(text: string, lineEnd: Buffer): Buffer {
  return Buffer.concat([encodeOctets(text.replace(/[\r\n]/g, ' ')), lineEnd]);
}
