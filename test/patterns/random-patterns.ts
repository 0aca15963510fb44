/** Random patterns and texts for property tests; the same seed gives the same ones. */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** 0 to below `limit`. xorshift32. */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % limit;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
}

export interface Grammar {
  readonly atoms: readonly string[];
  /** Stand for themselves and are not repeated. */
  readonly anchors: readonly string[];
  readonly repetitions: readonly string[];
  /** Beginnings of groups; all end with `)`. */
  readonly groups: readonly string[];
}

export const ereGrammar: Grammar = {
  atoms: [
    ...'aabbcABx1_ ',
    '.',
    '[ab]',
    '[^a]',
    '[a-c]',
    '[[:alpha:]]',
    '[[:upper:]]',
    '[]a]',
    '[^]a]',
    '[b-]',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\.',
    '[[=a=]]',
    '[[.b.]]',
    '[A-C]',
    '[)-a]',
    '\\d',
    '\\A',
    '\u{dce9}',
  ],
  anchors: ['^', '$', '\\b', '\\B', '\\<', '\\>', '\\`', "\\'"],
  repetitions: ['*', '+', '?', '{2}', '{1,2}', '{2,}', '{,2}', '{0}', '{0,3}', '*?'],
  groups: ['('],
};

export const pcreGrammar: Grammar = {
  atoms: [
    ...'aabbcABx1_ ',
    '.',
    '[ab]',
    '[^a]',
    '[a-c]',
    '[[:alpha:]]',
    '[[:^digit:]]',
    '[\\d-]',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\d',
    '\\D',
    '\\h',
    '\\R',
    '\\.',
    '\\x41',
    '\\Qa.b\\E',
    '\\pL',
    '(?i)',
    '(?-i)',
    '\u{dce9}',
  ],
  anchors: ['^', '$', '\\b', '\\B', '\\A', '\\z', '\\Z'],
  repetitions: ['*', '+', '?', '{2}', '{1,2}', '{2,}', '{0,3}', '*?', '+?', '??', '{1,2}?'],
  groups: ['(', '(', '(?:', '(?i:', '(?|'],
};

export const hardPcreGrammar: Grammar = {
  ...pcreGrammar,
  atoms: [...pcreGrammar.atoms, '\\1', '\\2', '\\g{-1}', '\\K'],
  repetitions: [...pcreGrammar.repetitions, '*+', '++', '?+'],
  groups: [...pcreGrammar.groups, '(?=', '(?!', '(?>', '(?<!', '(?(1)'],
};

/** A pattern of up to `depth` nested groups. `anchors`: one in so many parts; 0: none. */
export function randomPattern(random: Random, grammar: Grammar, depth: number, anchors: number): string {
  let pattern = randomBranch(random, grammar, depth, anchors);
  while (random.chance(4)) pattern += `|${randomBranch(random, grammar, depth, anchors)}`;
  return pattern;
}

function randomBranch(random: Random, grammar: Grammar, depth: number, anchors: number): string {
  let branch = '';
  for (let parts = 1 + random.below(4); parts > 0; parts--) {
    if (anchors > 0 && random.chance(anchors)) {
      branch += random.pick(grammar.anchors);
      continue;
    }
    const group = depth > 0 && random.chance(4);
    branch += group
      ? `${random.pick(grammar.groups)}${randomPattern(random, grammar, depth - 1, anchors)})`
      : random.pick(grammar.atoms);
    if (random.chance(3)) branch += random.pick(grammar.repetitions);
  }
  return branch;
}

/** A text of up to `length` pieces. */
export function randomText(random: Random, pieces: readonly string[], length: number): string {
  let text = '';
  for (let i = random.below(length + 1); i > 0; i--) text += random.pick(pieces);
  return text;
}
