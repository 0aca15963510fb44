/**
 * Reads a message as it comes, has it scanned, and says what becomes of it. Parameters: clamav_action,
 * clamav_action_maps, clamav_heuristic_action, clamav_failure_action, clamav_oversize_action, clamav_header,
 * clamav_virus_command. When there is no result: 451 4.3.0, or the message goes on unscanned and without our header.
 */
import { assertNever } from '../../mail/assert-never.ts';
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import { Refused } from '../../mail/refused.ts';
import { reply } from '../../mail/reply.ts';
import type { Source } from '../../mail/source.ts';
import type { Looked } from '../../mail/trace.ts';
import type { Log } from '../../record/log.ts';
import { LookupFailure } from '../../tables/table.ts';
import type { Finding } from '../finding.ts';
import type { MailOf } from '../inspection.ts';
import type { RawReader, RawVerdict } from '../raw-reader.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { Scan } from './scan.ts';
import type { Scanner } from './scanner.ts';
import type { VirusAction, VirusActions } from './virus-actions.ts';
import type { VirusCommand } from './virus-command.ts';
import { infectedField, scannedFields } from './virus-fields.ts';

export interface VirusCheckOptions {
  readonly scanner: Scanner;
  readonly actions: VirusActions;
  /** clamav_header */
  readonly header: string;
  readonly onFailure: 'defer' | 'accept';
  readonly onOversize: { readonly kind: 'accept' | 'reject' | 'quarantine'; readonly source: Source };
  readonly command: VirusCommand | undefined;
  readonly log: Log;
}

const UNSCANNED = reply(451, '4.3.0', 'Error: the virus scanner gives no answer; try again later');
const NO_TABLE = reply(451, '4.3.0', 'Error: temporary lookup failure');
const TOO_LARGE = reply(552, '5.3.4', 'Error: message is too large to be scanned for viruses');

export class VirusCheck {
  readonly #options: VirusCheckOptions;

  constructor(options: VirusCheckOptions) {
    this.#options = options;
  }

  /** A message begins to arrive. */
  begin(mail: MailOf): RawReader {
    return new VirusReader(mail, this.#options);
  }
}

class VirusReader implements RawReader {
  readonly name = 'clamd';
  readonly #mail: MailOf;
  readonly #options: VirusCheckOptions;
  readonly #scan: Scan;

  constructor(mail: MailOf, options: VirusCheckOptions) {
    this.#mail = mail;
    this.#options = options;
    this.#scan = options.scanner.begin();
  }

  write(chunk: Buffer): MaybePromise<void> {
    return this.#scan.write(chunk);
  }

  async finish(bytes: MessageBytes): Promise<RawVerdict> {
    const result = await this.#scan.finish(bytes);
    switch (result.kind) {
      case 'clean':
        return { fields: this.#scannedFields(), looked: seen('clean') };
      case 'infected':
        return this.#found(result.signature);
      case 'too-large':
        return this.#tooLarge();
      case 'unknown':
        return this.#unknown(result.why);
      default:
        return assertNever(result);
    }
  }

  close(): void {
    this.#scan.close();
  }

  async #found(signature: string): Promise<RawVerdict> {
    const action = await this.#actionFor(signature);
    const facts = { virus: signature };
    if (action.kind === 'accept') {
      this.#log(`virus ${signature} found, and accepted as ${action.parameter} says`);
      return { facts, fields: this.#scannedFields(), looked: seen(signature) };
    }
    this.#options.command?.run(this.#mail, signature, action.kind === 'quarantine');
    const fields = [infectedField(signature), ...this.#scannedFields()];
    return { facts, fields, looked: seen(signature), findings: [findingOf(signature, action)] };
  }

  async #actionFor(signature: string): Promise<VirusAction> {
    try {
      return await this.#options.actions.find(signature);
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
      this.#options.log.warn(`${this.#mail.envelope.id}: clamav_action_maps: ${error.message}`);
      throw new Refused('clamav_action_maps', NO_TABLE);
    }
  }

  #tooLarge(): RawVerdict {
    const { kind, source } = this.#options.onOversize;
    const check = 'clamav_oversize_action';
    this.#log('larger than clamav_max_size: not scanned for viruses');
    const looked = seen('larger than clamav_max_size, not scanned');
    if (kind === 'accept') return { looked };
    if (kind === 'reject') return { looked, refusal: { reply: TOO_LARGE, restriction: check, rule: source } };
    const action = 'HOLD too large to be scanned for viruses';
    return { looked, findings: [{ check, action, source, evidence: 'size' }] };
  }

  #unknown(why: string): RawVerdict {
    const { onFailure, log } = this.#options;
    log.warn(`${this.#mail.envelope.id}: not scanned for viruses: ${why}`, { daemon: 'clamav' });
    if (onFailure === 'accept') return { looked: seen(`not scanned: ${why}`) };
    throw new Refused('clamav_failure_action', UNSCANNED);
  }

  #scannedFields(): string[] {
    return scannedFields(this.#options.header, this.#mail.session);
  }

  #log(text: string): void {
    this.#options.log.info(`${this.#mail.envelope.id}: ${text}`, { daemon: 'clamav' });
  }
}

function seen(answer: string): readonly Looked[] {
  return [{ key: 'scan for viruses', answer }];
}

/** In the words of content actions. */
function findingOf(signature: string, { kind, text, parameter, source }: VirusAction): Finding {
  const said = `virus ${signature} FOUND`;
  const words: Readonly<Record<Exclude<VirusAction['kind'], 'accept'>, string>> = {
    reject: `REJECT ${text ?? `Content rejected: ${said}`}`,
    discard: `DISCARD ${text ?? said}`,
    quarantine: `HOLD ${text ?? said}`,
    tag: `WARN ${text ?? said}`,
  };
  const action = kind === 'accept' ? 'DUNNO' : words[kind];
  return { check: parameter, action, source, evidence: signature };
}
