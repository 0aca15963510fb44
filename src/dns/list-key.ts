/**
 * Keys of customers in the names of DNS lists: `KEY.zen.dq.spamhaus.net`. Who knows the key can ask at the customer's
 * cost, so it is left out wherever a list is named: replies, log lines, traces, statistics.
 * What counts as a key: the labels in front of a zone of the providers below, and any first label that looks like one.
 * rbl_reply_maps and postscreen_dnsbl_reply_map are still searched for the list as it is written.
 */

/** `zoneLabels`: how many labels in front of the suffix name the zone; what stands in front of those is the key. */
interface KeyedFamily {
  readonly suffix: string;
  readonly zoneLabels: number;
}

/** Where the key is part of the name that is asked for. */
const families: readonly KeyedFamily[] = [
  // Spamhaus Data Query Service: docs.spamhaus.com, "DNSBL usage"
  { suffix: 'dq.spamhaus.net', zoneLabels: 1 },
  // Abusix Mail Intelligence: docs.abusix.com, "Postfix"
  { suffix: 'mail.abusix.zone', zoneLabels: 1 },
  // Trend Micro Email Reputation Services, once MAPS: "Postfix" in its administrator's guide
  { suffix: 'r.mail-abuse.com', zoneLabels: 0 },
  { suffix: 'q.mail-abuse.com', zoneLabels: 0 },
];

/** A long first label of letters and digits mixed. */
const LOOKS_LIKE_KEY = /^(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{20,63}$/i;

/** The name of a list as it may be shown. */
export function shownZone(zone: string): string {
  const key = keyOf(zone);
  return key === undefined ? zone : zone.slice(key.length + 1);
}

/** A text with restrictions in it (a table row, a word of main.cf) as it may be shown. */
export function withoutListKeys(text: string): string {
  return text.includes('.') ? text.replace(/[\w-]+(?:\.[\w-]+)+/g, shownZone) : text;
}

/** A text that may mention the list, with asterisks in place of the key. */
export function withoutListKey(text: string, zone: string): string {
  const key = keyOf(zone);
  if (key === undefined || key === '') return text;
  const places = new RegExp(key.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'gi');
  return text.replace(places, '***');
}

/** The labels that are the key, without the dot behind them. */
function keyOf(zone: string): string | undefined {
  const labels = zone.split('.');
  const family = families.find(({ suffix }) => zone.toLowerCase().endsWith(`.${suffix}`));
  if (family) {
    const keyLabels = labels.length - family.suffix.split('.').length - family.zoneLabels;
    return keyLabels > 0 ? labels.slice(0, keyLabels).join('.') : undefined;
  }
  const [first = ''] = labels;
  return labels.length > 2 && LOOKS_LIKE_KEY.test(first) ? first : undefined;
}
