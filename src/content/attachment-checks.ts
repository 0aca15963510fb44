/**
 * attachment_checks: tables asked about every file of a message, by its names, by what it is, by what is odd about it,
 * and about everything that is packed in it. Which keys, in which order: attachment-keys.ts.
 * Parameters: attachment_checks, attachment_depth_limit, attachment_member_limit, attachment_unpacked_limit,
 * attachment_ratio_limit, attachment_time_limit, attachment_memory_limit.
 * A table that fails and a full disk are no answer: the mail is refused for now (Refused, SpoolError). An archive that
 * cannot be read is an answer (`flag=broken`, `flag=unreadable`, `flag=encrypted`), so is one that costs too much
 * (`type=archive-bomb`). It changes nothing in the message.
 */

import { Budget, type BudgetLimits } from './archive/budget.ts';
import { Examination } from './archive/examination.ts';
import { Openers } from './archive/openers.ts';
import { SevenZip } from './archive/seven-zip.ts';
import { type AttachmentTable, KeySearch } from './attachment-keys.ts';
import { namesInFields } from './attachment-parameters.ts';
import type { Finding } from './finding.ts';
import type { Part, PartInspector, PartReader } from './part.ts';
import type { SpoolOptions } from './spool.ts';

export interface AttachmentChecksOptions {
  readonly table: AttachmentTable;
  readonly limits: BudgetLimits;
  /** What decoders of rare archives may have, for one archive. */
  readonly decoderMemoryBytes: number;
  /** For attachments while they are looked at; `memoryLimitBytes` is for one level of archives. */
  readonly spool: SpoolOptions;
}

export class AttachmentChecks {
  readonly #options: AttachmentChecksOptions;
  readonly #sevenZip: SevenZip;
  readonly #openers: Openers;

  constructor(options: AttachmentChecksOptions) {
    this.#options = options;
    this.#sevenZip = new SevenZip({ memoryBytes: options.decoderMemoryBytes });
    this.#openers = new Openers(this.#sevenZip);
  }

  /** For one message. */
  inspect(): PartInspector {
    const { table, limits, spool } = this.#options;
    const budget = new Budget(limits);
    const search = new KeySearch(table, () => budget.rest());
    return new Inspector(search, new Examination({ search, budget, openers: this.#openers, spool }));
  }

  /** Ends the thread that opens rare archives. */
  async close(): Promise<void> {
    await this.#sevenZip.close();
  }
}

class Inspector implements PartInspector {
  readonly #search: KeySearch;
  readonly #examination: Examination;

  constructor(search: KeySearch, examination: Examination) {
    this.#search = search;
    this.#examination = examination;
  }

  begin({ number, type, fields }: Part): PartReader {
    return this.#examination.attachment(number, namesInFields(fields), { isBody: type.startsWith('text/') });
  }

  finish(): readonly Finding[] {
    return this.#search.findings;
  }

  close(): void {
    this.#examination.close();
  }
}
