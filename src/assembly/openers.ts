/** Opens the tables and lists that parameters name, each with the place it was written in. */
import type { Address } from '../mail/address.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { ParameterName } from '../settings/parameters.ts';
import type { Settings } from '../settings/settings.ts';
import type { TableUse } from '../tables/lookup.ts';
import type { MatchKind, MatchList } from '../tables/match-list.ts';
import { type AddressSearch, findMailAddress, type Match } from '../tables/search-order.ts';
import type { TableList } from '../tables/table-list.ts';
import type { Tables } from '../tables/tables.ts';

type ListParameter = ParameterName;

export class Openers {
  readonly tables: Tables;
  readonly settings: Settings;

  constructor(tables: Tables, settings: Settings) {
    this.tables = tables;
    this.settings = settings;
  }

  /** The tables of a parameter, asked in order; undefined when there are none. */
  maps(name: ListParameter, use?: TableUse): TableList | undefined {
    const tokens = this.settings.tokens(name);
    const [first] = tokens;
    if (!first) return undefined;
    return this.tables.openAll(
      tokens.map((token) => token.text),
      first.source,
      use,
    );
  }

  /** A list of hosts, networks, domains or words. */
  list(name: ListParameter, kind: MatchKind): MatchList {
    const matches = this.settings.parent_domain_matches_subdomains;
    return this.tables.openList(kind, this.settings.tokens(name), {
      name,
      parentMatches: matches.includes(name),
    });
  }

  /** Searches a parameter's tables for addresses; undefined when there are none. */
  addressSearch(
    name: ListParameter,
    how: Omit<AddressSearch, 'recipientDelimiter' | 'ownerRequestSpecial'>,
  ): ((key: Address) => MaybePromise<Match | undefined>) | undefined {
    const table = this.maps(name);
    if (!table) return undefined;
    const search = {
      ...how,
      recipientDelimiter: this.settings.recipient_delimiter,
      ownerRequestSpecial: this.settings.owner_request_special,
    };
    return (key) => findMailAddress(table, key, search);
  }

  /** How parent domains are looked for in access tables. */
  get accessParentStyle(): 'parent' | 'dot' {
    return this.settings.parent_domain_matches_subdomains.includes('smtpd_access_maps') ? 'parent' : 'dot';
  }
}
