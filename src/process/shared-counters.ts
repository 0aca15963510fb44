/** The counters of all workers are kept by the process that watches over them; workers ask it, many questions in one letter. */
import type { Count, Counted, Counters } from '../server/client-limits.ts';

/** A question to the keeper; `release` wants no answer. */
type Question = [id: number, key: string, what: Counted | 'release'];

export interface CountLetter {
  readonly kind: 'count';
  readonly questions: readonly Question[];
}

export interface CountAnswer {
  readonly kind: 'counted';
  readonly answers: readonly [id: number, rate: number, concurrency: number][];
}

/** Who does not answer in this time limits nobody. */
const ANSWER_MS = 2_000;
const UNKNOWN: Count = { rate: 0, concurrency: 0 };

/** In a worker. */
export class RemoteCounters implements Counters {
  readonly #send: (letter: CountLetter) => void;
  readonly #waiting = new Map<number, (count: Count) => void>();
  #letter: Question[] = [];
  #nextId = 0;

  constructor(send: (letter: CountLetter) => void) {
    this.#send = send;
  }

  add(key: string, what: Counted): Promise<Count> {
    return new Promise((resolve) => {
      const id = this.#write(key, what);
      const timer = setTimeout(() => this.#answer(id, UNKNOWN), ANSWER_MS);
      this.#waiting.set(id, (count) => {
        clearTimeout(timer);
        resolve(count);
      });
    });
  }

  release(key: string): void {
    this.#write(key, 'release');
  }

  answered({ answers }: CountAnswer): void {
    for (const [id, rate, concurrency] of answers) this.#answer(id, { rate, concurrency });
  }

  #answer(id: number, count: Count): void {
    this.#waiting.get(id)?.(count);
    this.#waiting.delete(id);
  }

  #write(key: string, what: Question[2]): number {
    const id = this.#nextId++;
    if (this.#letter.length === 0) setImmediate(() => this.#post());
    this.#letter.push([id, key, what]);
    return id;
  }

  #post(): void {
    const questions = this.#letter;
    this.#letter = [];
    this.#send({ kind: 'count', questions });
  }
}

/** In the process that watches: answers a worker, and takes back what a dead one held. */
export class CounterKeeper {
  readonly #counters: Counters;
  readonly #held = new Map<number, Map<string, number>>();

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  async answer(worker: number, { questions }: CountLetter): Promise<CountAnswer> {
    const answers: [number, number, number][] = [];
    for (const [id, key, what] of questions) {
      if (what === 'connection' || what === 'release') this.#hold(worker, key, what === 'release' ? -1 : 1);
      if (what === 'release') this.#counters.release(key);
      else {
        const { rate, concurrency } = await this.#counters.add(key, what);
        answers.push([id, rate, concurrency]);
      }
    }
    return { kind: 'counted', answers };
  }

  /** Its connections are gone with it. */
  forget(worker: number): void {
    for (const [key, count] of this.#held.get(worker) ?? []) {
      for (let i = 0; i < count; i++) this.#counters.release(key);
    }
    this.#held.delete(worker);
  }

  #hold(worker: number, key: string, change: number): void {
    const keys = this.#held.get(worker) ?? new Map<string, number>();
    this.#held.set(worker, keys);
    const count = (keys.get(key) ?? 0) + change;
    if (count > 0) keys.set(key, count);
    else keys.delete(key);
  }
}
