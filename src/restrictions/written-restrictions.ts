/**
 * A restriction list as it is written, with the lists of its classes in their place: for hints about what is right by
 * itself but stands in a dangerous order. The compiler (compile.ts) makes the judges.
 */
import { builtIn } from '../mail/source.ts';
import { splitTokens, type Token } from '../settings/tokens.ts';
import { isPermission } from './access-result.ts';
import { type ArgumentKind, findRow } from './catalogue.ts';

export type Classes = ReadonlyMap<string, readonly Token[]>;

export interface WrittenRestriction {
  /** Lower case, the newest name. */
  readonly name: string;
  /** Tables without a restriction in front of them have no name. */
  readonly argument: Token | undefined;
  /** The word itself, or its class. */
  readonly word: Token;
  readonly softened: boolean;
}

/** Words that an argument takes. */
const WORDS: Readonly<Record<ArgumentKind, number>> = {
  none: 0,
  table: 1,
  zone: 1,
  seconds: 1,
  number: 1,
  service: 1,
  'key and table': 2,
  rate: 1,
};

/** In the order in which they are asked. A class inside itself is left out. */
export function* writtenRestrictions(
  tokens: readonly Token[],
  classes: Classes,
  inside: ReadonlySet<string> = new Set(),
): Generator<WrittenRestriction> {
  let softened = false;
  for (let at = 0; at < tokens.length; at++) {
    const word = tokens[at] as Token;
    const row = findRow(word.text);
    const own = classes.get(word.text) ?? classes.get(word.text.replaceAll('-', '_'));
    if (word.text.toLowerCase() === 'warn_if_reject') {
      softened = true;
      continue;
    }
    if (row) {
      at += WORDS[row.argument];
      yield { name: row.name, argument: WORDS[row.argument] > 0 ? tokens[at] : undefined, word, softened };
    } else if (word.text.includes(':')) yield { name: '', argument: word, word, softened };
    else if (own && !inside.has(word.text)) {
      for (const inner of writtenRestrictions(own, classes, new Set([...inside, word.text]))) {
        yield { ...inner, softened: softened || inner.softened };
      }
    }
    softened = false;
  }
}

/** Whether a table row can say yes: `OK`, or a class with `permit` in it. */
export function mayPermit(value: string, classes: Classes): boolean {
  if (isPermission(value)) return true;
  const words = splitTokens(value).map((text) => ({ text, source: builtIn }));
  for (const { name } of writtenRestrictions(words, classes)) if (name === 'permit') return true;
  return false;
}
