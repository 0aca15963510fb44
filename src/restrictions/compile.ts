/**
 * Makes restriction lists of main.cf's words, once, at start. What cannot be made becomes a complaint for `check` and,
 * at run time, the answer 451 4.3.5, as in Postfix: a mistake is never an open door and never stops other mail.
 */
import { DEAD_REMEDY } from '../dns/dead-lists.ts';
import { shownZone, withoutListKeys } from '../dns/list-key.ts';
import { withoutPassword } from '../mail/secrets.ts';
import { builtIn, type Source } from '../mail/source.ts';
import { dunno } from '../mail/verdict.ts';
import type { Complain } from '../settings/complaint.ts';
import { didYouMean } from '../settings/did-you-mean.ts';
import { leftOutRemedy } from '../settings/left-out.ts';
import { splitTokens, type Token } from '../settings/tokens.ts';
import { type Argument, compounds, findRow, type Row, restrictionNames, stateful } from './catalogue.ts';
import { InlineListTwins, isInlineList } from './inline-lists.ts';
import { RATE_FORM } from './rate-argument.ts';
import { type Restriction, type RestrictionList, ServerError } from './restriction.ts';
import type { Sources } from './sources.ts';

/** The restriction that a bare `type:table` in a list stands for. `Postfix: def_acl`. */
export const bareTableRow = {
  client: 'check_client_access',
  helo: 'check_helo_access',
  sender: 'check_sender_access',
  relay: 'check_recipient_access',
  recipient: 'check_recipient_access',
  etrn: 'check_etrn_access',
  data: undefined,
  end_of_data: undefined,
} as const;

export type ListName = keyof typeof bareTableRow;

export interface CompilerOptions {
  readonly sources: Sources;
  /** Classes declared in smtpd_restriction_classes, with their words. */
  readonly classes: ReadonlyMap<string, readonly Token[]>;
  readonly complain: Complain;
  /** Hears of what cannot be made, so that its answer is 451. */
  readonly complainOfBroken: Complain;
}

const ENDS_LIST = new Set(['permit', 'reject', 'defer']);

export class RestrictionCompiler {
  readonly #options: CompilerOptions;
  /** Classes are made once for each meaning of a bare table; present while being made, so that loops end. */
  readonly #twins = new InlineListTwins();
  readonly #classes = new Map<string, { name: string; restrictions: Restriction[] }>();

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  /** One of the smtpd_*_restrictions. */
  list(name: ListName, tokens: readonly Token[]): RestrictionList {
    return { name, restrictions: this.#restrictions(tokens, bareTableRow[name]) };
  }

  /** Makes all classes, also those that only table rows name: their mistakes are found now, and their tables opened. */
  allClasses(): void {
    const made = new Set([...this.#classes.values()].map(({ name }) => name));
    for (const name of this.#options.classes.keys()) {
      if (!made.has(name)) this.#class({ text: name, source: builtIn }, undefined);
    }
  }

  /** The words of a table row or a policy answer. */
  fromRow(text: string, source: Source): RestrictionList {
    const tokens = splitTokens(text).map((word) => ({ text: word, source }));
    return { name: withoutListKeys(text), restrictions: this.#restrictions(tokens, undefined) };
  }

  #restrictions(tokens: readonly Token[], bareTable: string | undefined): Restriction[] {
    const restrictions: Restriction[] = [];
    const rest = [...tokens].reverse();
    let softened = false;
    for (let token = rest.pop(); token; token = rest.pop()) {
      if (token.text.toLowerCase() === 'warn_if_reject') {
        softened = true;
        continue;
      }
      const made = this.#restriction(token, rest, bareTable);
      restrictions.push(softened ? { ...made, name: `warn_if_reject ${made.name}`, softened } : made);
      softened = false;
      if (ENDS_LIST.has(token.text.toLowerCase()) && rest.length > 0) this.#complainOfRest(token, rest);
    }
    return restrictions;
  }

  #complainOfRest({ text }: Token, rest: readonly Token[]): void {
    const next = rest.at(-1);
    if (!next) return;
    const problem = `restriction "${withoutListKeys(next.text)}" after "${text}" is ignored`;
    this.#options.complain({
      source: next.source,
      severity: 'warning',
      problem,
      remedy: `put it before "${text}"`,
    });
  }

  #restriction(token: Token, rest: Token[], bareTable: string | undefined): Restriction {
    if (token.text.includes(':')) return this.#bareTable(token, bareTable);
    const row = findRow(token.text);
    if (row) return this.#fromRow(row, token, ARGUMENTS[row.argument].take(rest));
    return this.#class(token, bareTable) ?? this.#unknown(token);
  }

  #bareTable(token: Token, rowName: string | undefined): Restriction {
    const row = rowName === undefined ? undefined : findRow(rowName);
    if (row) return this.#fromRow(row, { text: rowName ?? '', source: token.source }, token);
    const remedy = 'write check_client_access, check_sender_access, ... in front of the table';
    return this.#broken(token.text, token.source, `table "${token.text}" stands alone`, remedy);
  }

  #fromRow(row: Row, token: Token, argument: Argument | undefined): Restriction {
    const name = argument ? `${token.text} ${shownArgument(row, argument)}` : token.text;
    const problem = row.argument === 'none' ? undefined : argumentProblem(row, argument);
    if (problem) return this.#badArgument(row, token, problem);
    try {
      const made = row.make(this.#options.sources, argument ?? token);
      const parts = typeof made === 'function' ? { judge: made } : made;
      this.#noteOldName(row, token);
      this.#mentionLists(row, argument ?? token);
      return this.#asRecorded(row, { name, source: token.source, ...parts });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#broken(
        name,
        token.source,
        `${token.text}: ${error.message}`,
        `see ${row.name} in \`list restrictions\``,
      );
    }
  }

  /** In a trial, what was said when it was really asked. */
  #asRecorded(row: Row, made: Restriction): Restriction {
    const { recorded } = this.#options.sources;
    if (!recorded || !stateful.has(row.name)) return made;
    return { ...made, judge: (q) => recorded(made.name, q) ?? made.judge(q) };
  }

  #noteOldName(row: Row, token: Token): void {
    if (!row.formerly?.includes(token.text.toLowerCase())) return;
    const problem = `"${token.text}" is an old name`;
    this.#options.complain({ source: token.source, severity: 'note', problem, remedy: `now "${row.name}"` });
  }

  #mentionLists(row: Row, argument: Argument): void {
    const { sources, complain } = this.#options;
    const oddity = isInlineList(argument.text) ? this.#twins.oddity(argument.text, sources) : undefined;
    if (oddity) complain(oddity);
    for (const { zone, source } of row.zones?.(sources, argument) ?? []) {
      sources.lists.mentioned(zone, source);
      const problem = sources.lists.whyDead(zone);
      if (problem === undefined) continue;
      this.#options.complain({ source, severity: 'warning', problem, remedy: DEAD_REMEDY });
    }
  }

  /** Lists without a zone are skipped, anything else without its argument refuses mail. `Postfix: generic_checks`. */
  #badArgument(row: Row, token: Token, problem: string): Restriction {
    const { name, source, judge } = this.#broken(
      token.text,
      token.source,
      problem,
      ARGUMENTS[row.argument].remedy,
    );
    return { name, source, judge: row.argument === 'zone' ? () => dunno : judge };
  }

  #class(token: Token, bareTable: string | undefined): Restriction | undefined {
    const compound = compounds.find(({ name }) => name === token.text.toLowerCase());
    const name = compound ? compound.name : this.#className(token);
    if (name === undefined) return undefined;
    const key = `${bareTable} ${name}`;
    let list = this.#classes.get(key);
    if (!list) {
      list = { name, restrictions: [] };
      this.#classes.set(key, list);
      const words = compound
        ? splitTokens(compound.list).map((text) => ({ text, source: token.source }))
        : (this.#options.classes.get(name) ?? []);
      list.restrictions.push(...this.#restrictions(words, bareTable));
    }
    const asked = list;
    let preparing = false;
    return {
      name: token.text,
      source: token.source,
      judge: () => ({ kind: 'ask', list: asked }),
      prepare: (q) => {
        if (preparing) return; // a class that names itself
        preparing = true;
        for (const restriction of asked.restrictions) restriction.prepare?.(q);
        preparing = false;
      },
    };
  }

  /** Unlike Postfix: hyphens and underscores in class names are one, as in the tables of 2003. */
  #className({ text, source }: Token): string | undefined {
    const { classes, complain } = this.#options;
    if (classes.has(text)) return text;
    const other = text.replaceAll('-', '_');
    if (!text.includes('-') || !classes.has(other)) return undefined;
    complain({
      source,
      severity: 'note',
      problem: `"${text}" is taken for the class "${other}"`,
      remedy: '',
    });
    return other;
  }

  #unknown({ text, source }: Token): Restriction {
    const known = [...restrictionNames(), ...this.#options.classes.keys()];
    const near = didYouMean(text, known);
    const remedy =
      leftOutRemedy(text) ??
      (near ? `did you mean "${near}"?` : 'a restriction, or a class declared in smtpd_restriction_classes');
    const shown = withoutListKeys(text);
    return this.#broken(shown, source, `unknown smtpd restriction: "${shown}"`, remedy);
  }

  #broken(name: string, source: Source, problem: string, remedy: string): Restriction {
    this.#options.complainOfBroken({ source, severity: 'warning', problem, remedy });
    return {
      name,
      source,
      judge: () => {
        this.#options.sources.log.warn(problem);
        throw new ServerError(problem);
      },
    };
  }
}

interface ArgumentRule {
  /** Takes it from the words that are left, the next one last. */
  take(rest: Token[]): Argument | undefined;
  is(argument: Argument): boolean;
  readonly remedy: string;
}

const takeOne = (rest: Token[]) => rest.pop();

/** `Postfix: generic_checks` takes a word for an argument whatever it is. */
function takeTwo(rest: Token[]): Argument | undefined {
  const key = rest.pop();
  const table = rest.pop();
  return key && table && { ...table, key: key.text };
}

const ARGUMENTS: Record<Row['argument'], ArgumentRule> = {
  none: { take: () => undefined, is: () => true, remedy: '' },
  table: {
    take: takeOne,
    is: ({ text }) => text.includes(':'),
    remedy: 'a table such as hash:/etc/postfix/access',
  },
  zone: {
    take: takeOne,
    is: ({ text }) => text !== '',
    remedy: 'the domain of a list, such as zen.spamhaus.org',
  },
  seconds: { take: takeOne, is: ({ text }) => /^\d+$/.test(text), remedy: 'a number of seconds' },
  number: {
    take: takeOne,
    is: ({ text }) => /^\d{1,6}$/.test(text) && Number(text) > 0,
    remedy: 'a number of 1 or more',
  },
  rate: { take: takeOne, is: ({ text }) => /[/:]|^none$/i.test(text), remedy: RATE_FORM },
  service: {
    take: takeOne,
    is: ({ text }) => text.includes(':'),
    remedy: 'a policy service such as inet:127.0.0.1:10023 or unix:private/policy',
  },
  'key and table': {
    take: takeTwo,
    is: ({ text }) => text.includes(':'),
    remedy: 'a key and a table such as \\${sender}|\\${recipient} hash:/etc/postfix/exceptions',
  },
};

/** An argument as it stands in traces and replies: without passwords and keys. */
function shownArgument(row: Row, { text, key }: Argument): string {
  const shown =
    row.argument === 'zone' ? text.replace(/^[^=]*/, shownZone) : withoutListKeys(withoutPassword(text));
  return key === undefined ? shown : `${key} ${shown}`;
}

function argumentProblem(row: Row, argument: Argument | undefined): string | undefined {
  if (!argument) return `restriction ${row.name} needs an argument`;
  if (ARGUMENTS[row.argument].is(argument)) return undefined;
  return `restriction ${row.name}: bad argument "${shownArgument(row, argument)}"`;
}
