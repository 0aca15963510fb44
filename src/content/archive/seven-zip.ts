/**
 * Opens rare archives with 7-Zip, in a thread of its own: 7z, rar, iso, cab, disk images and others. One archive at a
 * time for a service; others wait in line, as long as an archive may take: then the mail is refused for now, since nobody
 * can say what is in it. Parameters: attachment_memory_limit, attachment_time_limit (through the budget). A thread that
 * takes too long is ended, the next archive gets a new one.
 */
import { Worker } from 'node:worker_threads';
import { Refused } from '../../mail/refused.ts';
import { reply } from '../../mail/reply.ts';
import { threadProgram } from '../../thread-program.ts';
import { BrokenArchive, OverBudget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import { Conversation } from './seven-zip-conversation.ts';
import type { Outcome } from './seven-zip-letters.ts';
import type { Opened, Unpacker } from './unpacker.ts';

/** A thread without work is kept for so long. */
const idleMs = 60_000;
/** So much memory 7-Zip has before it reads anything. */
const leastMemoryBytes = 32 * 1024 * 1024;

export interface SevenZipOptions {
  /** For dictionaries and tables of one archive. */
  readonly memoryBytes: number;
}

export class SevenZip {
  readonly #options: SevenZipOptions;
  #thread: Worker | undefined;
  #last: Promise<void> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(options: SevenZipOptions) {
    this.#options = options;
  }

  /** Opens archives of some formats, by 7-Zip's names for them; without any it finds the format itself. */
  unpacker(...formats: readonly string[]): Unpacker {
    const as = formats.length === 0 ? [undefined] : formats;
    return (bytes, to) => this.#inTurn(to, () => this.#open(bytes, to, as));
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  /** One after the other; who cannot wait any longer goes away. */
  async #inTurn(to: Opened, work: () => Promise<void>): Promise<void> {
    const before = this.#last;
    let done = () => {};
    const mine = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#last = before.then(() => mine);
    try {
      await to.budget.untimed(() => turnOf(before, to.budget.limits.timeMs));
      await work();
    } finally {
      done();
    }
  }

  async #open(bytes: ByteSource, to: Opened, formats: readonly (string | undefined)[]): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#running();
    const conversation = new Conversation(thread, bytes, to);
    try {
      const outcome = await conversation.run({
        formats,
        mostMembers: to.budget.limits.members,
        memoryBytes: Math.max(leastMemoryBytes, this.#options.memoryBytes),
      });
      report(outcome, to);
    } catch (error) {
      if (conversation.isUnderWay) await this.close();
      throw error;
    } finally {
      this.#idle = setTimeout(() => void this.close(), idleMs).unref();
    }
  }

  #running(): Worker {
    if (this.#thread) return this.#thread;
    const thread = newThread();
    const gone = () => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    thread.on('error', gone).on('exit', gone);
    this.#thread = thread;
    return thread;
  }
}

function newThread(): Worker {
  const thread = new Worker(threadProgram(import.meta.url, 'seven-zip-thread'), {
    name: 'archives',
    stdout: true,
    stderr: true,
  });
  thread.unref();
  return thread;
}

/** Rejects with Refused. */
async function turnOf(before: Promise<void>, atMostMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, atMostMs, 'late');
  });
  const first = await Promise.race([before, late]);
  clearTimeout(timer);
  if (first === 'late') throw new Refused('attachment_checks: too many archives wait to be opened', BUSY);
}

const BUSY = reply(451, '4.3.0', 'Error: content inspection takes too long');

/** Rejects with what the archive is. */
function report(outcome: Outcome, to: Opened): void {
  if (outcome.isEncrypted) to.flag('encrypted');
  if (outcome.isUnreadable) to.flag('unreadable');
  if (outcome.overBudget) throw new OverBudget(`too much: ${outcome.overBudget}`);
  if (outcome.isBroken) throw new BrokenArchive('7-Zip cannot read it');
}
