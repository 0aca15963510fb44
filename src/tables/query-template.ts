/**
 * Templates of database tables: `%s` is the key, `%u` and `%d` its local part and domain, `%1`..`%9` the labels of the
 * domain from the right; in a result, capitals speak of the key. `Postfix: db_common.c, sqlite_table(5)`.
 * A key that lacks a part which a template needs is not looked up.
 */

/** How a piece of a key is protected from being read as SQL. */
export type Quote = (text: string) => string;

const plain: Quote = (text) => text;

interface Parts {
  readonly whole: string;
  /** Without an `@`: the whole. */
  readonly user: string;
  readonly domain: string | undefined;
}

function partsOf(whole: string): Parts {
  const at = whole.lastIndexOf('@');
  if (at < 0) return { whole, user: whole, domain: undefined };
  return { whole, user: whole.slice(0, at), domain: whole.slice(at + 1) };
}

/** What the two templates of a table need; both put conditions on keys. */
export class QueryTemplates {
  readonly #query: string;
  readonly #result: string;
  /** Letters used in the query, as seen from the key. */
  readonly #ofKey: Set<string>;
  readonly #ofValue: Set<string>;
  readonly #labels: number;

  /** Throws an Error about a template with an unknown `%x`. */
  constructor(query: string, result: string) {
    this.#query = query;
    this.#result = result;
    const queryLetters = lettersOf(query);
    const resultLetters = lettersOf(result);
    this.#ofKey = new Set(
      [...queryLetters, ...resultLetters.filter((c) => /[A-Z1-9]/.test(c))].map((c) => c.toLowerCase()),
    );
    this.#ofValue = new Set(resultLetters.filter((c) => /[a-z]/.test(c)));
    this.#labels = Math.max(0, ...[...this.#ofKey].map((c) => Number(c) || 0));
  }

  /** The query for a key; undefined when the key lacks what the templates need. */
  query(key: string, quote: Quote): string | undefined {
    const parts = partsOf(key);
    if (key === '' || !this.#fits(parts)) return undefined;
    return fill(this.#query, (letter) => quote(piece(letter.toLowerCase(), parts)));
  }

  /** What a row of the answer becomes; undefined when it lacks what the template needs. */
  result(value: string, key: string): string | undefined {
    const parts = partsOf(value);
    if (value === '' || (this.#ofValue.has('d') && !parts.domain)) return undefined;
    if (this.#ofValue.has('u') && parts.domain !== undefined && parts.user === '') return undefined;
    const ofKey = partsOf(key);
    return fill(this.#result, (letter) =>
      /[A-Z1-9]/.test(letter) ? plain(piece(letter.toLowerCase(), ofKey)) : plain(piece(letter, parts)),
    );
  }

  #fits({ user, domain }: Parts): boolean {
    const needsDomain = this.#ofKey.has('d') || this.#labels > 0;
    if (needsDomain && !domain) return false;
    if (this.#ofKey.has('u') && domain !== undefined && user === '') return false;
    if (this.#labels === 0) return true;
    const labels = labelsOf(domain ?? '');
    return labels.length >= this.#labels;
  }
}

/** From the right; consecutive dots separate as one. */
function labelsOf(domain: string): string[] {
  return domain
    .split('.')
    .filter((label) => label !== '')
    .reverse();
}

function piece(letter: string, parts: Parts): string {
  if (letter === 's') return parts.whole;
  if (letter === 'u') return parts.user;
  if (letter === 'd') return parts.domain ?? '';
  return labelsOf(parts.domain ?? '')[Number(letter) - 1] ?? '';
}

function fill(template: string, replace: (letter: string) => string): string {
  return template.replace(/%(.)/gs, (_, letter: string) => (letter === '%' ? '%' : replace(letter)));
}

function lettersOf(template: string): string[] {
  return [...template.matchAll(/%(.?)/gs)].map(([whole, letter = '']) => {
    if (!/^[%sudSUD1-9]$/.test(letter))
      throw new Error(`"${whole}" in "${template}": unknown; known are %s %u %d %S %U %D %1..%9 %%`);
    return letter;
  });
}
