/**
 * The part of a pattern to look for first: every text that the pattern matches contains one of its windows. Windows are
 * short and simple (a few sequences of byte sets), so thousands of them run in one automaton (window-automaton.ts);
 * only where one is found the pattern itself is asked. A window that is the whole pattern needs no asking.
 */
import { assertNever } from '../mail/assert-never.ts';
import { byteMass } from './byte-mass.ts';
import { CharSet } from './char-set.ts';
import { decisiveTree } from './decisive-tree.ts';
import { newline } from './named-sets.ts';
import type { Reading } from './reading.ts';
import { childrenOf, type Tree } from './syntax-tree.ts';
import { type ByteSequence, utf8Sequences } from './utf8-sequences.ts';

/** How often a set is taken in a row: once; once or not; any number of times; at least once. */
export type Times = 'once' | 'optional' | 'any' | 'some';

export interface WindowItem {
  /** Bytes. */
  readonly set: CharSet;
  readonly times: Times;
}

export interface Window {
  readonly items: readonly WindowItem[];
  /** It lies at the start of the text. */
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

export interface WindowChoice {
  readonly windows: readonly Window[];
  /** A window found means that the pattern matches. */
  readonly exact: boolean;
}

/** Sequences that alternatives may multiply to. */
const MOST_WINDOWS = 24;
const LONGEST_WINDOW = 28;
/** A window that is not exact is cut to this: more would not make it rarer, only the automaton larger. */
const ENOUGH_ITEMS = 12;
/** A set that takes more of ordinary text than this is not repeated within a window: it would match on and on. */
const LARGEST_LOOP_MASS = 0.5;
/** A window that occurs more often than this, per byte, is worth nothing. */
const WORTHLESS = 1 / 200;

/** A tree, as sequences. */
interface Cover {
  /** Everything that the tree matches is matched by one of these; undefined: too many, too long or without end. */
  readonly all: readonly Window[] | undefined;
  /** And they match nothing else. */
  readonly exact: boolean;
  /** The rarest sequences of which one lies in everything that the tree matches. */
  readonly best: Candidate | undefined;
}

interface Candidate {
  readonly windows: readonly Window[];
  /** How often it occurs in ordinary text, per byte. */
  readonly mass: number;
}

const NO_ITEMS: Window = { items: [], atStart: false, atEnd: false };
const NOTHING: Cover = { all: [NO_ITEMS], exact: true, best: undefined };
const UNKNOWN: Cover = { all: undefined, exact: false, best: undefined };
/** Takes no characters, but looks at them. */
const LOOKS: Cover = { ...NOTHING, exact: false };

/** The windows of a pattern; undefined when none is rare enough to be of use. */
export function chooseWindows(tree: Tree, reading: Reading, anchored: boolean): WindowChoice | undefined {
  if (contains(tree, 'accept')) return undefined;
  const decisive = decisiveTree(tree, reading, anchored);
  const start: Tree = { kind: 'assert', what: 'textStart' };
  const whole: Tree = anchored ? { kind: 'cat', parts: [start, decisive] } : decisive;
  const { all, exact, best } = coverOf(whole, reading);
  if (all !== undefined && exact) return { windows: all, exact: true };
  const chosen = rarer(all === undefined ? undefined : candidate(all), best);
  if (chosen === undefined || chosen.mass > WORTHLESS) return undefined;
  return { windows: chosen.windows, exact: false };
}

function contains(tree: Tree, kind: Tree['kind']): boolean {
  return tree.kind === kind || childrenOf(tree).some((child) => contains(child, kind));
}

function coverOf(tree: Tree, reading: Reading): Cover {
  switch (tree.kind) {
    case 'empty':
      return NOTHING;
    case 'fail':
      return { all: [], exact: true, best: undefined };
    case 'set':
      return coverOfSet(tree.set, reading);
    case 'cat':
      return coverOfSequence(tree.parts.map((part) => coverOf(part, reading)));
    case 'alt':
      return either(tree.branches.map((branch) => coverOf(branch, reading)));
    case 'repeat':
      return coverOfRepeat(tree, reading);
    case 'group':
      return coverOf(tree.body, reading);
    case 'atomic':
      return { ...coverOf(tree.body, reading), exact: false };
    case 'assert':
      return coverOfAssertion(tree.what);
    case 'look':
    case 'keep':
      return LOOKS;
    case 'backref':
    case 'call':
    case 'condition':
    case 'accept':
      return UNKNOWN;
    default:
      return assertNever(tree);
  }
}

function coverOfAssertion(what: Extract<Tree, { kind: 'assert' }>['what']): Cover {
  if (what === 'textStart') return { ...NOTHING, all: [{ ...NO_ITEMS, atStart: true }] };
  if (what === 'textEnd') return { ...NOTHING, all: [{ ...NO_ITEMS, atEnd: true }] };
  if (what === 'lastLineEnd') {
    return {
      ...NOTHING,
      all: [{ items: [{ set: newline, times: 'optional' }], atStart: false, atEnd: true }],
    };
  }
  return LOOKS;
}

function coverOfSet(set: CharSet, reading: Reading): Cover {
  if (set.isEmpty) return { all: [], exact: true, best: undefined };
  if (reading.name === 'bytes' || (set.ranges.at(-1) ?? 0) < 0x80) {
    return { all: [{ ...NO_ITEMS, items: [{ set, times: 'once' }] }], exact: true, best: undefined };
  }
  const byLength = new Map<number, ByteSequence[]>();
  for (const sequence of utf8Sequences(set)) {
    byLength.set(sequence.length, [...(byLength.get(sequence.length) ?? []), sequence]);
  }
  const merged = [...byLength.values()].map(mergedSequences);
  const windows = merged.map(({ sets }) => ({
    ...NO_ITEMS,
    items: sets.map((s) => ({ set: s, times: 'once' as const })),
  }));
  return { all: windows, exact: merged.every(({ exact }) => exact), best: undefined };
}

/** Byte by byte the union of sequences of one length; exact when no combination is added by that. */
function mergedSequences(sequences: readonly ByteSequence[]): { sets: CharSet[]; exact: boolean } {
  const bytes = (sequences[0]?.length ?? 0) / 2;
  const sets = Array.from({ length: bytes }, (_, i) =>
    CharSet.of(sequences.flatMap((s) => s.slice(2 * i, 2 * i + 2))),
  );
  const product = sets.reduce((sum, set) => sum * set.size, 1);
  const members = sequences.reduce((sum, s) => sum + sizeOf(s), 0);
  return { sets, exact: product === members };
}

function sizeOf(sequence: ByteSequence): number {
  let size = 1;
  for (let i = 0; i < sequence.length; i += 2) size *= (sequence[i + 1] ?? 0) - (sequence[i] ?? 0) + 1;
  return size;
}

function either(covers: readonly Cover[]): Cover {
  const exact = covers.every((cover) => cover.exact);
  const all = covers.every((cover) => cover.all !== undefined)
    ? covers.flatMap((cover) => cover.all ?? [])
    : undefined;
  const kept = all !== undefined && all.length <= MOST_WINDOWS ? all : undefined;
  const bests = covers.map(bestOf);
  const windows = bests.flatMap((best) => best?.windows ?? []);
  const useful = bests.every((best) => best !== undefined) && windows.length <= 2 * MOST_WINDOWS;
  const mass = bests.reduce((sum, best) => sum + (best?.mass ?? 1), 0);
  return { all: kept, exact: exact && kept !== undefined, best: useful ? { windows, mass } : undefined };
}

/** The parts one after the other: as far as they can be joined they make one candidate, then the next begins. */
function coverOfSequence(parts: readonly Cover[]): Cover {
  let run: readonly Window[] = [NO_ITEMS];
  let best: Candidate | undefined;
  let whole = true;
  let exact = true;
  for (const part of parts) {
    exact &&= part.exact;
    const joined = part.all === undefined ? undefined : product(run, part.all);
    if (joined !== undefined) {
      run = joined;
      continue;
    }
    whole = false;
    best = rarer(rarer(best, candidate(run)), part.best);
    run = part.all ?? [NO_ITEMS];
  }
  if (whole) return { all: run, exact, best };
  return { all: undefined, exact: false, best: rarer(best, candidate(run)) };
}

function product(heads: readonly Window[], tails: readonly Window[]): Window[] | undefined {
  if (heads.length * tails.length > MOST_WINDOWS) return undefined;
  const out: Window[] = [];
  for (const head of heads) {
    for (const tail of tails) {
      if (head.atEnd && (tail.items.length > 0 || tail.atStart)) return undefined;
      if (tail.atStart && head.items.length > 0) return undefined;
      const items = [...head.items, ...tail.items];
      if (items.length > LONGEST_WINDOW) return undefined;
      out.push({ items, atStart: head.atStart || tail.atStart, atEnd: head.atEnd || tail.atEnd });
    }
  }
  return out;
}

function coverOfRepeat(tree: Extract<Tree, { kind: 'repeat' }>, reading: Reading): Cover {
  const { body, min, max, greed } = tree;
  if (max === 0) return NOTHING;
  const once = coverOf(body, reading);
  const exact = once.exact && greed !== 'possessive';
  const must = min === 0 ? undefined : bestOf(once);
  const set = singleSet(once);
  const copies = Array.from({ length: Math.min(min, LONGEST_WINDOW) }, () => once);
  if (max === Number.POSITIVE_INFINITY) {
    if (set === undefined || byteMass(set) > LARGEST_LOOP_MASS) {
      return { all: undefined, exact: false, best: rarer(must, bestOf(coverOfSequence(copies))) };
    }
    const loop: Cover = {
      all: [{ ...NO_ITEMS, items: [{ set, times: min === 0 ? 'any' : 'some' }] }],
      exact,
      best: undefined,
    };
    return { ...coverOfSequence([...copies.slice(1), loop]), best: must };
  }
  const optional = either([once, NOTHING]);
  const more =
    set === undefined
      ? optional
      : { ...once, all: [{ ...NO_ITEMS, items: [{ set, times: 'optional' as const }] }] };
  if (max > LONGEST_WINDOW)
    return { all: undefined, exact: false, best: rarer(must, bestOf(coverOfSequence(copies))) };
  const covered = coverOfSequence([...copies, ...Array.from({ length: max - min }, () => more)]);
  return { ...covered, exact: covered.exact && exact, best: rarer(must, covered.best) };
}

/** The set, when the cover is a single one. */
function singleSet(cover: Cover): CharSet | undefined {
  const [window] = cover.all ?? [];
  const [item] = window?.items ?? [];
  const single = cover.all?.length === 1 && window?.items.length === 1 && item?.times === 'once';
  return single && cover.exact && window?.atStart !== true && window?.atEnd !== true ? item?.set : undefined;
}

function bestOf(cover: Cover): Candidate | undefined {
  return rarer(cover.best, cover.all === undefined ? undefined : candidate(cover.all));
}

function rarer(a: Candidate | undefined, b: Candidate | undefined): Candidate | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.mass <= a.mass ? b : a;
}

/** These sequences as something to look for; undefined when one of them is nowhere missing. */
function candidate(windows: readonly Window[]): Candidate | undefined {
  const cut = windows.map(rarestPart);
  const mass = cut.reduce((sum, window) => sum + massOf(window), 0);
  return mass >= 1 ? undefined : { windows: cut, mass };
}

function massOf(window: Window): number {
  const ends = (window.atStart ? LINE_SHARE : 1) * (window.atEnd ? LINE_SHARE : 1);
  return window.items.reduce((mass, item) => mass * itemMass(item), ends);
}

/** Starts and ends of texts among all places. */
const LINE_SHARE = 1 / 60;

function itemMass(item: WindowItem): number {
  return item.times === 'optional' || item.times === 'any' ? 1 : Math.min(1, byteMass(item.set));
}

/** The rarest ENOUGH_ITEMS in a row, without optional ones at the ends. */
function rarestPart(window: Window): Window {
  const { items } = window;
  let best: Window = window;
  let bestMass = Number.POSITIVE_INFINITY;
  for (let from = 0; from === 0 || from + ENOUGH_ITEMS <= items.length; from++) {
    const part: Window = {
      items: items.slice(from, from + ENOUGH_ITEMS),
      atStart: window.atStart && from === 0,
      atEnd: window.atEnd && from + ENOUGH_ITEMS >= items.length,
    };
    const mass = massOf(part);
    if (mass < bestMass) [best, bestMass] = [part, mass];
  }
  return withoutLooseEnds(best);
}

function withoutLooseEnds({ items, atStart, atEnd }: Window): Window {
  const firm = (item: WindowItem): boolean => item.times === 'once' || item.times === 'some';
  const from = atStart ? 0 : items.findIndex(firm);
  const to = atEnd ? items.length : items.findLastIndex(firm) + 1;
  return { items: from < 0 ? [] : items.slice(from, to), atStart, atEnd };
}
