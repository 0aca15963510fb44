/**
 * What a rehearsal found, collected: changes by the rule that makes them, those about people whom our users write to first.
 * It keeps examples, not everything.
 */

import { address } from '../mail/address.ts';
import type { Correspondents } from '../memory/correspondents.ts';
import { correspondentForm } from '../memory/sender-form.ts';
import { StoreFailure } from '../memory/store.ts';
import type { Change, ChangeKind } from './change.ts';
import type { Rehearsed } from './rehearsal.ts';

/** Examples that are kept of a group. */
const MOST_EXAMPLES = 20;
/** Names of the DNS that are counted. */
const MOST_NAMES = 10_000;

export interface Example extends Change {
  /** Our user has written to the sender. */
  readonly isCorrespondent: boolean;
}

export interface ChangeGroup {
  readonly kind: ChangeKind;
  /** The rule that would refuse now, or that refused and would no more. */
  readonly restriction: string;
  readonly rule: string;
  count: number;
  correspondents: number;
  /** Correspondents first. */
  readonly examples: Example[];
}

export class RehearsalReport {
  /** Attempts judged again. */
  attempts = 0;
  changes = 0;
  /** Changes that may come of a DNS that nobody had asked. */
  undecided = 0;
  /** How often a zone was missing in the record: `zen.example` for `2.0.0.127.zen.example`. */
  readonly missing = new Map<string, number>();
  readonly #groups = new Map<string, ChangeGroup>();
  readonly #correspondents: Pick<Correspondents, 'find'>;

  constructor(correspondents: Pick<Correspondents, 'find'>) {
    this.#correspondents = correspondents;
  }

  /** The most telling first: with correspondents, then the largest. */
  get groups(): readonly ChangeGroup[] {
    return [...this.#groups.values()].sort(
      (a, b) => b.correspondents - a.correspondents || b.count - a.count,
    );
  }

  async add({ changes, missing }: Rehearsed): Promise<void> {
    this.attempts += 1;
    for (const question of new Set(missing)) this.#miss(question);
    if (missing.length > 0) this.undecided += changes.length;
    else for (const change of changes) await this.#change(change);
  }

  async #change(change: Change): Promise<void> {
    this.changes += 1;
    const group = this.#groupOf(change);
    const isCorrespondent = await this.#isCorrespondent(change);
    group.count += 1;
    if (isCorrespondent) group.correspondents += 1;
    const example = { ...change, isCorrespondent };
    if (isCorrespondent) group.examples.splice(group.correspondents - 1, 0, example);
    else group.examples.push(example);
    group.examples.splice(MOST_EXAMPLES);
  }

  #groupOf({ kind, before, after }: Change): ChangeGroup {
    const { restriction = 'unknown', rule = '' } = kind === 'accepted' ? before : after;
    const key = `${kind} ${restriction} ${rule}`;
    const known = this.#groups.get(key);
    if (known) return known;
    const group: ChangeGroup = { kind, restriction, rule, count: 0, correspondents: 0, examples: [] };
    this.#groups.set(key, group);
    return group;
  }

  async #isCorrespondent({ before: { sender }, recipient }: Change): Promise<boolean> {
    if (!sender || recipient === undefined) return false;
    try {
      const found = await this.#correspondents.find(address(sender));
      return found !== undefined && correspondentForm(address(recipient)) in found.users;
    } catch (error) {
      if (error instanceof StoreFailure) return false;
      throw error;
    }
  }

  #miss(question: string): void {
    const zone = zoneOf(question);
    if (this.missing.size < MOST_NAMES || this.missing.has(zone))
      this.missing.set(zone, (this.missing.get(zone) ?? 0) + 1);
  }
}

/** Without the address in front, so that questions to one list count together. */
function zoneOf(question: string): string {
  const [type = '', name = ''] = question.split(' ');
  const zone = name.replace(/^(?:\d{1,3}\.){4}(?=[^.]+\.)|^(?:[\da-f]\.){32}(?=[^.]+\.)/, '*.');
  return `${type} ${zone}`;
}
