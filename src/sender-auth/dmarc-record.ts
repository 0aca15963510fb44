/**
 * A DMARC policy record read into what it asks for. RFC 9989 4.7, 4.8, 4.10.1.
 * Unknown tags are ignored; a tag with a bad value, or given twice, counts as not given. `pct`, `rf` and `ri` are gone.
 */

export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

/** What is asked for failing mail of the domain itself and of the names below it. */
export interface DmarcPolicies {
  readonly own: DmarcPolicy;
  readonly below: DmarcPolicy;
  /** For names below it that do not exist. */
  readonly belowMissing: DmarcPolicy;
}

export interface DmarcRecord {
  /** Undefined: the record names no valid policy and asks for no reports, so DMARC does not apply. */
  readonly policies: DmarcPolicies | undefined;
  /** Alignment must be exact. */
  readonly strictDkim: boolean;
  readonly strictSpf: boolean;
  /** `t=y`: the policy counts one step lower. */
  readonly testing: boolean;
  /** `y`: a public suffix; `n`: an organization of its own; `u`: not said. */
  readonly psd: 'y' | 'n' | 'u';
  /** Where aggregate reports are wanted: URIs. */
  readonly reportTo: readonly string[];
  /** As published. */
  readonly text: string;
}

const VERSION = /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;
const MAX_RECORD = 4096;

/** Reads a TXT record; undefined when it is no DMARC record. The value of `v` is case-sensitive. RFC 9989 4.7 */
export function parseDmarcRecord(text: string): DmarcRecord | undefined {
  const version = VERSION.exec(text)?.[0];
  if (version === undefined || text.length > MAX_RECORD) return undefined;
  const tags = tagsOf(text.slice(version.length));
  const reportTo = reportUris(tags.get('rua') ?? '');
  const lower = (name: string) => tags.get(name)?.toLowerCase();
  return {
    policies: policiesOf(lower) ?? (reportTo.length > 0 ? NO_POLICY : undefined),
    strictDkim: lower('adkim') === 's',
    strictSpf: lower('aspf') === 's',
    testing: lower('t') === 'y',
    psd: lower('psd') === 'y' ? 'y' : lower('psd') === 'n' ? 'n' : 'u',
    reportTo,
    text,
  };
}

const NO_POLICY: DmarcPolicies = { own: 'none', below: 'none', belowMissing: 'none' };

/** The policies, if `p` is valid and neither `sp` nor `np` is bad. RFC 9989 4.10.1 */
function policiesOf(lower: (name: string) => string | undefined): DmarcPolicies | undefined {
  const own = lower('p');
  const below = lower('sp') ?? own;
  const belowMissing = lower('np') ?? below;
  return isPolicy(own) && isPolicy(below) && isPolicy(belowMissing)
    ? { own, below, belowMissing }
    : undefined;
}

function isPolicy(text: string | undefined): text is DmarcPolicy {
  return text === 'none' || text === 'quarantine' || text === 'reject';
}

function tagsOf(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  const twice = new Set<string>();
  for (const spec of text.split(';')) {
    const equals = spec.indexOf('=');
    const name = spec.slice(0, equals).trim().toLowerCase();
    if (equals < 0) continue;
    if (tags.has(name)) twice.add(name);
    tags.set(name, spec.slice(equals + 1).trim());
  }
  for (const name of twice) tags.delete(name);
  return tags;
}

/** RFC 9989 4.8: a size limit behind `!` is obsolete and ignored. */
const REPORT_URI = /^[a-z][a-z0-9+.-]*:[^\s,!]+$/i;

function reportUris(text: string): string[] {
  return text
    .split(',')
    .map((uri) => uri.trim().replace(/!\d{1,12}[kmgt]?$/i, ''))
    .filter((uri) => REPORT_URI.test(uri));
}
