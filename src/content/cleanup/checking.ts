/**
 * Asks the tables of a check about a piece of a message and carries out what they say. A table that cannot answer now
 * defers the mail: 451 4.3.0, as Postfix does where it cannot write its queue file.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { reply } from '../../mail/reply.ts';
import { builtIn } from '../../mail/source.ts';
import type { Log } from '../../record/log.ts';
import { type Found, LookupFailure } from '../../tables/table.ts';
import type { Judgement } from '../judgement.ts';
import type { CheckTable } from './check-table.ts';
import { actOnContent, type Effect } from './content-actions.ts';
import { logText } from './content-log.ts';

const QUEUE_ERROR = reply(451, '4.3.0', 'Error: queue file write error');
const CLEANUP = { daemon: 'cleanup' };

export class Checking {
  readonly #judgement: Judgement;
  readonly #log: Log;

  constructor(judgement: Judgement, log: Log) {
    this.#judgement = judgement;
    this.#log = log;
  }

  /** What becomes of the header or line at `bytes[start..end)`; undefined: no rule fits it. */
  ask(
    table: CheckTable,
    context: 'header' | 'body',
    bytes: Buffer,
    start: number,
    end: number,
  ): MaybePromise<Effect | undefined> {
    const act = (found: Found | undefined) => {
      if (!found) return undefined;
      const evidence = logText(bytes.subarray(start, end));
      const occasion = { check: table.name, context, evidence, source: found.source };
      return actOnContent(found.value, occasion, this.#judgement, this.#log);
    };
    try {
      const found = table.findInBytes(bytes, start, end);
      return isPromise(found) ? found.then(act).catch((error) => this.failed(error, table.name)) : act(found);
    } catch (error) {
      return this.failed(error, table.name);
    }
  }

  /** A table does not answer: the mail has to wait. Anything else is a bug, and thrown on. */
  failed(error: unknown, parameter: string): undefined {
    if (!(error instanceof LookupFailure)) throw error;
    const { id } = this.#judgement.envelope;
    this.#log.warn(
      `${id}: ${parameter} map lookup problem -- message not accepted, try again later`,
      CLEANUP,
    );
    this.#log.warn(error.message, CLEANUP);
    this.#judgement.refuse(QUEUE_ERROR, parameter, builtIn);
    return undefined;
  }
}
