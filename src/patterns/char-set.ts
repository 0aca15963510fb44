/**
 * A set of characters: bytes 0..255 when a pattern is read as bytes, code points when it is read as UTF-8. Immutable;
 * kept as sorted ranges that neither overlap nor touch.
 */
export class CharSet {
  /** first, last, first, last, ... */
  readonly ranges: readonly number[];
  #key: string | undefined;

  /** `ranges` must be sorted and apart; everybody else calls `of`. */
  private constructor(ranges: readonly number[]) {
    this.ranges = ranges;
  }

  static readonly empty = new CharSet([]);

  /** From ranges in any order: first, last, first, last, ... */
  static of(ranges: readonly number[]): CharSet {
    if (ranges.length === 0) return CharSet.empty;
    return CharSet.#shared(ranges.length === 2 ? ranges : joined(ranges));
  }

  static char(code: number): CharSet {
    return CharSet.#shared([code, code]);
  }

  /** Thousands of patterns have few different sets: equal ones are one object, as long as there is room to know them. */
  static #shared(ranges: readonly number[]): CharSet {
    if (ranges.length > SHARED_RANGES) return new CharSet(ranges);
    const key = ranges.join();
    const known = CharSet.#known.get(key);
    if (known !== undefined) return known;
    const set = new CharSet(ranges);
    set.#key = key;
    if (CharSet.#known.size >= SHARED_SETS) CharSet.#known.clear();
    CharSet.#known.set(key, set);
    return set;
  }

  static readonly #known = new Map<string, CharSet>();

  has(code: number): boolean {
    const { ranges } = this;
    let low = 0;
    let high = ranges.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (code > at(ranges, 2 * middle + 1)) low = middle + 1;
      else high = middle;
    }
    return low < ranges.length >> 1 && code >= at(ranges, 2 * low);
  }

  plus(other: CharSet): CharSet {
    if (other.ranges.length === 0) return this;
    return CharSet.of([...this.ranges, ...other.ranges]);
  }

  /** Everything up to `last` that is not in here. */
  complement(last: number): CharSet {
    const out: number[] = [];
    let next = 0;
    for (let i = 0; i < this.ranges.length; i += 2) {
      const low = at(this.ranges, i);
      if (low > next) out.push(next, low - 1);
      next = at(this.ranges, i + 1) + 1;
    }
    if (next <= last) out.push(next, last);
    return CharSet.#shared(out);
  }

  /** What is in both. */
  within(other: CharSet): CharSet {
    const out: number[] = [];
    let i = 0;
    let j = 0;
    while (i < this.ranges.length && j < other.ranges.length) {
      const low = Math.max(at(this.ranges, i), at(other.ranges, j));
      const high = Math.min(at(this.ranges, i + 1), at(other.ranges, j + 1));
      if (low <= high) out.push(low, high);
      if (at(this.ranges, i + 1) < at(other.ranges, j + 1)) i += 2;
      else j += 2;
    }
    return CharSet.#shared(out);
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  get size(): number {
    let sum = 0;
    for (let i = 0; i < this.ranges.length; i += 2) sum += at(this.ranges, i + 1) - at(this.ranges, i) + 1;
    return sum;
  }

  /** Equal sets have equal keys. */
  get key(): string {
    this.#key ??= this.ranges.join();
    return this.#key;
  }

  /** The members, one by one. */
  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.ranges.length; i += 2) {
      for (let c = at(this.ranges, i); c <= at(this.ranges, i + 1); c++) yield c;
    }
  }
}

function at(list: readonly number[], index: number): number {
  return list[index] ?? 0;
}

function joined(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([at(ranges, i), at(ranges, i + 1)]);
  pairs.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [low, high] of pairs) {
    const last = out.length - 1;
    if (last > 0 && low <= at(out, last) + 1) out[last] = Math.max(at(out, last), high);
    else out.push(low, high);
  }
  return out;
}

/** Sets that are shared, and how many ranges they have at most. */
const SHARED_SETS = 2048;
const SHARED_RANGES = 16;
