/**
 * All conversations of this process: one clock looks after their deadlines, and they can be drained together.
 * A timer for each command would cost more than the command.
 */

interface Member {
  /** Milliseconds since 1970. */
  readonly deadline: number;
  timeOut(): void;
  drain(): void;
  /** A newer configuration is in force: who loses nothing by it may end. */
  retire?(): void;
}

const TICK_MS = 500;

class Sessions {
  readonly #members = new Set<Member>();
  #clock: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  get count(): number {
    return this.#members.size;
  }

  /** The process is to end: nobody may begin a new mail. */
  draining = false;

  add(member: Member): void {
    this.#members.add(member);
    this.#clock ??= setInterval(() => this.#tick(), TICK_MS);
    this.#clock.unref();
  }

  delete(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.#drained?.();
  }

  /** Lets those go that come back by themselves; waits until the last one has ended by itself, at most so long. */
  retire(atMostMs: number): Promise<void> {
    for (const member of [...this.#members]) member.retire?.();
    return this.#ended(atMostMs);
  }

  async #ended(atMostMs: number): Promise<void> {
    if (this.#members.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      setTimeout(resolve, atMostMs).unref();
    });
  }

  /** Lets idle clients go, and the others when they have finished what they have begun; waits at most so long. */
  drain(atMostMs: number): Promise<void> {
    this.draining = true;
    for (const member of [...this.#members]) member.drain();
    return this.#ended(atMostMs);
  }

  #tick(): void {
    const now = Date.now();
    for (const member of this.#members) if (member.deadline <= now) member.timeOut();
  }
}

export const sessions = new Sessions();
