/**
 * What becomes of a message with a virus, by the name of the virus. Parameters: clamav_action, clamav_action_maps,
 * clamav_heuristic_action. The maps are asked for the whole name, without its `.UNOFFICIAL`, and for what stands in
 * front of its dots: `Heuristics.Phishing` is `Heuristics.Phishing.Email.SpoofedDomain`, too. Patterns see whole names.
 * A suspicion is no virus: what clamd only guesses has an action of its own. When a table cannot answer, it throws
 * LookupFailure and the mail waits.
 */
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import type { Source } from '../../mail/source.ts';
import type { Log } from '../../record/log.ts';
import type { Found, LookupHow } from '../../tables/table.ts';

/** `accept`: as if nothing had been found. */
export type VirusActionKind = 'reject' | 'discard' | 'quarantine' | 'tag' | 'accept';

export interface VirusAction {
  readonly kind: VirusActionKind;
  /** For the client, where it is told something. */
  readonly text: string | undefined;
  /** The parameter that said so, and where. */
  readonly parameter: string;
  readonly source: Source;
}

export interface VirusActionsOptions {
  readonly action: DefaultAction;
  readonly heuristicAction: DefaultAction;
  readonly maps: { findEntry(key: string, how?: LookupHow): MaybePromise<Found | undefined> } | undefined;
  readonly log: Log;
}

export interface DefaultAction {
  readonly kind: VirusActionKind;
  readonly source: Source;
}

/** Names of what clamd finds suspicious, unwanted, too large or impossible to open. */
const HEURISTIC = /^(?:Heuristics|PUA|PUP|Phishing\.Heuristics|Encrypted|Structured)\./;

/** Words of tables; those of Postfix mean the same. */
const WORDS: Readonly<Record<string, VirusActionKind>> = {
  reject: 'reject',
  discard: 'discard',
  quarantine: 'quarantine',
  hold: 'quarantine',
  tag: 'tag',
  accept: 'accept',
  ok: 'accept',
};

/** So many dots of a name are looked at. */
const MOST_PREFIXES = 8;

export class VirusActions {
  readonly #options: VirusActionsOptions;

  constructor(options: VirusActionsOptions) {
    this.#options = options;
  }

  /** Rejects with LookupFailure. */
  async find(signature: string): Promise<VirusAction> {
    for (const [key, how] of keysOf(signature)) {
      const found = await this.#options.maps?.findEntry(key, how);
      const action = found && this.#read(found);
      if (action) return action;
    }
    const { heuristicAction, action } = this.#options;
    return HEURISTIC.test(signature)
      ? { ...heuristicAction, parameter: 'clamav_heuristic_action', text: undefined }
      : { ...action, parameter: 'clamav_action', text: undefined };
  }

  /** Undefined: it says nothing, or nothing that makes sense. */
  #read({ value, source }: Found): VirusAction | undefined {
    const [, word = '', text = ''] = /^(\S*)\s*(.*)$/s.exec(value.trim()) ?? [];
    if (/^dunno$/i.test(word)) return undefined;
    const kind = WORDS[word.toLowerCase()];
    if (kind) return { kind, text: text || undefined, parameter: 'clamav_action_maps', source };
    this.#options.log.warn(
      `clamav_action_maps: unknown action "${value}": it should be ${Object.keys(WORDS).join(', ')} or dunno`,
    );
    return undefined;
  }
}

function keysOf(signature: string): [string, LookupHow | undefined][] {
  const official = signature.replace(/\.UNOFFICIAL$/, '');
  const names = official === signature ? [signature] : [signature, official];
  const parts = official.split('.').slice(0, MOST_PREFIXES + 1);
  const prefixes = parts.slice(1).map((_, i) => parts.slice(0, parts.length - 1 - i).join('.'));
  return [
    ...names.map((name): [string, undefined] => [name, undefined]),
    ...prefixes.map((prefix): [string, LookupHow] => [prefix, { partial: true }]),
  ];
}
