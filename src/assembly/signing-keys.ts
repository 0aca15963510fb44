/** The signing keys of all services, for `check`. Parameters: dkim_sign, dkim_signing_maps. */
import { KeyInspection, type KeyInspectionOptions } from '../content/signing/key-inspection.ts';
import type { Dns } from '../dns/dns.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Settings } from '../settings/settings.ts';
import type { Tables } from '../tables/tables.ts';
import { Openers } from './openers.ts';
import { keyPath } from './sender-auth.ts';

export interface SigningKeys {
  /** About the entries and the files. */
  readonly complaints: readonly Complaint[];
  /** About what the DNS publishes. Never rejects. */
  compare(dns: Dns): Promise<Complaint[]>;
}

/** Looks at every entry of dkim_signing_maps of services that sign, as far as tables have entries at hand. */
export function inspectSigningKeys(
  { settings, services }: Configuration,
  tables: Tables,
  reader: KeyInspectionOptions['reader'],
): SigningKeys {
  const signing = services.map((service) => service.settings).filter(({ dkim_sign }) => dkim_sign);
  const maps = signing.map((one) => new Openers(tables, one).maps('dkim_signing_maps'));
  const entries = maps.flatMap((tableList) => [...(tableList?.entries() ?? [])]);
  const inspection = new KeyInspection(entries, { resolve: keyPath(settings), reader });
  const empty = signing.filter((_, i) => maps[i] === undefined).map(nothingToSignWith);
  return {
    complaints: [...empty, ...inspection.complaints],
    compare: (dns) => inspection.compare(dns),
  };
}

function nothingToSignWith(settings: Settings): Complaint {
  return {
    source: settings.sourceOf('dkim_sign'),
    severity: 'warning',
    problem: 'dkim_sign = yes, but dkim_signing_maps is empty: nothing is signed',
    remedy:
      'name a table of senders and their keys; portcullis dkim keygen makes a key and the line for the table',
  };
}
