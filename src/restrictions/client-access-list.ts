/**
 * A short list that says of a client's address yes, no or nothing: permit_mynetworks, permit, reject, dunno, and tables
 * whose rows hold such words. Parameter: postscreen_access_list. `Postfix: server_acl.c`. A word that is none, and a
 * table that does not answer, end the list with a warning and without an opinion.
 */
import type { Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { Complain } from '../settings/complaint.ts';
import { splitTokens, type Token } from '../settings/tokens.ts';
import { LookupFailure, type Table } from '../tables/table.ts';
import type { HostList } from './sources.ts';

export type AccessOpinion = 'permit' | 'reject' | 'dunno';

export interface AccessListNeeds {
  /** The parameter, for warnings. */
  readonly name: string;
  readonly mynetworks: HostList;
  openTable(spec: string, source: Source): Table;
  readonly log: Log;
  readonly complain: Complain;
}

const WORDS: ReadonlySet<string> = new Set(['permit_mynetworks', 'permit', 'reject', 'dunno']);

/** Nobody can say any more. */
class NoOpinion extends Error {}

export class ClientAccessList {
  readonly #needs: AccessListNeeds;
  readonly #items: readonly (string | Table)[];

  constructor(tokens: readonly Token[], needs: AccessListNeeds) {
    this.#needs = needs;
    this.#items = tokens.map(({ text, source }) => {
      if (text.includes(':')) return needs.openTable(text, source);
      if (!WORDS.has(text.toLowerCase())) this.#complainOf({ text, source });
      return text.toLowerCase();
    });
  }

  /** Never rejects. */
  async opinionOf(address: string): Promise<AccessOpinion> {
    try {
      return await this.#evaluate(this.#items, address, this.#needs.name);
    } catch (error) {
      if (!(error instanceof NoOpinion) && !(error instanceof LookupFailure)) throw error;
      this.#needs.log.warn(`${error.message} -- ignoring the remainder of this access list`);
      return 'dunno';
    }
  }

  async #evaluate(
    items: readonly (string | Table)[],
    address: string,
    where: string,
  ): Promise<AccessOpinion> {
    for (const item of items) {
      if (typeof item !== 'string') {
        const opinion = await this.#row(await item.find(address), address, item.name);
        if (opinion !== 'dunno') return opinion;
      } else if (item === 'permit_mynetworks') {
        if (await this.#needs.mynetworks.has({ name: 'unknown', address })) return 'permit';
      } else if (item === 'permit' || item === 'reject' || item === 'dunno') return item;
      else throw new NoOpinion(`${where}: unknown command: ${item}`);
    }
    return 'dunno';
  }

  /** Tables in rows of tables are not asked. */
  async #row(value: string | undefined, address: string, table: string): Promise<AccessOpinion> {
    if (value === undefined) return 'dunno';
    const words = splitTokens(value).map((word) => word.toLowerCase());
    return this.#evaluate(words, address, table);
  }

  #complainOf({ text, source }: Token): void {
    this.#needs.complain({
      source,
      severity: 'warning',
      problem: `${this.#needs.name}: "${text}" is no word of such a list; what stands behind it does not count`,
      remedy: `write ${[...WORDS].join(', ')} or a table such as cidr:/etc/postfix/postscreen_access`,
    });
  }
}
