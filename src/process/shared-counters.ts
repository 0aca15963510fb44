/**
 * The counters of all workers are kept by the process that watches over them. Rates are asked there. Connections that
 * are far from their limit are counted by the worker alone, which tells the keeper a little later; the keeper tells each
 * worker how many the others have. From half of a limit on, and for small limits, every connection is asked about.
 */
import type { Count, Counted, Counters } from '../server/client-limits.ts';

export interface CountLetter {
  readonly kind: 'count';
  /** Connections that have come (or gone, when negative) since the last letter. */
  readonly changes: readonly [key: string, change: number][];
  readonly questions: readonly [id: number, key: string, asked: Asked][];
}

/** One more, counted from now on; or (`seen`) how many there have been. */
type Asked = Counted | 'occupy' | { readonly seen: Counted };

export interface CountAnswer {
  readonly kind: 'counted';
  readonly answers: readonly [id: number, rate: number, concurrency: number][];
  /** Connections of other workers. */
  readonly others: readonly [key: string, count: number][];
}

/** Who does not answer in this time limits nobody. */
const ANSWER_MS = 2_000;
const UNKNOWN: Count = { rate: 0, concurrency: 0 };
/** Changes are told this late at most: a burst in that time, over several workers, may go beyond a large limit. */
const TELL_MS = 20;
/** Limits smaller than this are always exact. */
const ALWAYS_ASK = 20;

/** In a worker. */
export class RemoteCounters implements Counters {
  readonly #send: (letter: CountLetter) => void;
  readonly #waiting = new Map<number, (count: Count) => void>();
  readonly #mine = new Map<string, number>();
  readonly #others = new Map<string, number>();
  #changes = new Map<string, number>();
  #questions: CountLetter['questions'][number][] = [];
  #timer: NodeJS.Timeout | undefined;
  #nextId = 0;

  constructor(send: (letter: CountLetter) => void) {
    this.#send = send;
  }

  add(key: string, what: Counted): Promise<Count> {
    if (what === 'connection') this.#mine.set(key, (this.#mine.get(key) ?? 0) + 1);
    return this.#ask(key, what);
  }

  rate(key: string, what: Counted): Promise<number> {
    return this.#ask(key, { seen: what }).then(({ rate }) => rate);
  }

  occupy(key: string, limit: number): number | Promise<number> {
    const mine = (this.#mine.get(key) ?? 0) + 1;
    this.#mine.set(key, mine);
    const all = mine + (this.#others.get(key) ?? 0);
    if (limit < ALWAYS_ASK || all * 2 >= limit)
      return this.#ask(key, 'occupy').then(({ concurrency }) => concurrency);
    this.#change(key, 1);
    return all;
  }

  release(key: string): void {
    const left = (this.#mine.get(key) ?? 1) - 1;
    if (left > 0) this.#mine.set(key, left);
    else {
      this.#mine.delete(key);
      this.#others.delete(key);
    }
    this.#change(key, -1);
  }

  answered({ answers, others }: CountAnswer): void {
    for (const [key, count] of others) if (this.#mine.has(key)) this.#others.set(key, count);
    for (const [id, rate, concurrency] of answers) this.#answer(id, { rate, concurrency });
  }

  #ask(key: string, asked: Asked): Promise<Count> {
    const id = this.#nextId++;
    if (this.#questions.length === 0) setImmediate(() => this.#post());
    this.#questions.push([id, key, asked]);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(id, UNKNOWN), ANSWER_MS);
      this.#waiting.set(id, (count) => {
        clearTimeout(timer);
        resolve(count);
      });
    });
  }

  #answer(id: number, count: Count): void {
    this.#waiting.get(id)?.(count);
    this.#waiting.delete(id);
  }

  #change(key: string, by: number): void {
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + by);
    this.#timer ??= setTimeout(() => this.#post(), TELL_MS);
  }

  #post(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const questions = this.#questions;
    const changes = [...this.#changes].filter(([, change]) => change !== 0);
    this.#questions = [];
    this.#changes = new Map();
    if (questions.length + changes.length > 0) this.#send({ kind: 'count', changes, questions });
  }
}

/** In the process that watches: answers workers, and takes back what a dead one held. */
export class CounterKeeper {
  readonly #counters: Counters;
  readonly #held = new Map<number, Map<string, number>>();
  readonly #tell: (worker: number, answer: CountAnswer) => void;

  constructor(counters: Counters, tell: (worker: number, answer: CountAnswer) => void) {
    this.#counters = counters;
    this.#tell = tell;
  }

  async take(worker: number, { changes, questions }: CountLetter): Promise<void> {
    for (const [key, change] of changes) this.#hold(worker, key, change);
    const answers: [number, number, number][] = [];
    for (const [id, key, asked] of questions) answers.push([id, ...(await this.#count(worker, key, asked))]);
    const keys = [...changes.map(([key]) => key), ...questions.map(([, key]) => key)];
    const news = this.#news(keys, worker);
    for (const [other, others] of news) {
      if (other !== worker) this.#tell(other, { kind: 'counted', answers: [], others });
    }
    const others = news.get(worker) ?? [];
    if (answers.length + others.length > 0) this.#tell(worker, { kind: 'counted', answers, others });
  }

  async #count(worker: number, key: string, asked: Asked): Promise<[rate: number, concurrency: number]> {
    if (asked === 'occupy') return [0, this.#hold(worker, key, 1)];
    if (typeof asked === 'object') return [await this.#counters.rate(key, asked.seen), 0];
    const { rate, concurrency } = await this.#counters.add(key, asked);
    if (asked === 'connection') this.#note(worker, key, 1);
    return [rate, concurrency];
  }

  /** Its connections are gone with it. */
  forget(worker: number): void {
    for (const [key, count] of this.#held.get(worker) ?? []) {
      for (let i = 0; i < count; i++) this.#counters.release(key);
    }
    this.#held.delete(worker);
  }

  /** Takes or gives back connections; how many all workers have now. */
  #hold(worker: number, key: string, change: number): number {
    for (let i = 0; i < -change; i++) this.#counters.release(key);
    for (let i = 0; i < change; i++) this.#counters.occupy(key, 0);
    this.#note(worker, key, change);
    let all = 0;
    for (const keys of this.#held.values()) all += keys.get(key) ?? 0;
    return all;
  }

  #note(worker: number, key: string, change: number): void {
    const keys = this.#held.get(worker) ?? new Map<string, number>();
    this.#held.set(worker, keys);
    const count = (keys.get(key) ?? 0) + change;
    if (count > 0) keys.set(key, count);
    else keys.delete(key);
  }

  /** What the workers have to hear about keys that the teller is not alone with. */
  #news(keys: readonly string[], teller: number): Map<number, [string, number][]> {
    const news = new Map<number, [string, number][]>();
    for (const key of new Set(keys)) {
      const holders = [...this.#held].filter(([, held]) => held.has(key));
      const all = holders.reduce((sum, [, held]) => sum + (held.get(key) ?? 0), 0);
      if (holders.every(([holder]) => holder === teller)) continue;
      for (const [worker, held] of holders) {
        const told = news.get(worker) ?? [];
        told.push([key, all - (held.get(key) ?? 0)]);
        news.set(worker, told);
      }
    }
    return news;
  }
}
