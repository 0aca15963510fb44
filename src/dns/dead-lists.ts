/**
 * DNS lists that are known to be dead, with the year and who says so. Some of them answer every question today, since
 * their domains were sold; `check` names them with the place where they stand. That alone changes nothing when mail
 * comes: what a list really does is found out by its tests (list-test.ts).
 */
import { shownZone } from './list-key.ts';
import { isWithin } from './list-refusals.ts';

export interface DeadList {
  /** The zone; those below it are dead, too. */
  readonly zone: string;
  readonly since: number;
  readonly what: string;
  readonly source: string;
}

type Row = readonly [zones: string, since: number, what: string, source: string];

const CLOSED = 'closed';
const WILDCARD = 'closed; its domain came to list the whole world';

const rows: readonly Row[] = [
  ['osirusoft.com', 2003, 'closed; it listed the whole world at the end', 'NANAE, August 2003'],
  ['monkeys.com', 2003, CLOSED, 'Ronald Guilmette on SPAM-L, September 2003'],
  ['relays.monkey.com', 2003, 'never existed: the list was relays.monkeys.com', 'www.monkeys.com'],
  ['relays.visi.com', 2002, CLOSED, 'rblcheck configurations: out of order since 2002-12-16'],
  ['ordb.org', 2006, 'closed; it lists the whole world since 2008', 'securityandthe.net, 2009-03-10'],
  ['dsbl.org', 2008, CLOSED, 'vamsoft.com, "DSBL Shutdown"; dnsbl.com, May 2008'],
  ['dul.ru', 2015, WILDCARD, 'dnsbl.com, "Status of dul.ru", 2015-05-19'],
  ['opm.blitzed.org', 2006, CLOSED, 'wiki.blitzed.org/OPM'],
  ['rfc-ignorant.org', 2012, CLOSED, 'The H, "RFC-Ignorant.org blacklist closes down", 2012-10-08'],
  ['rfci-ignorant.org', 2012, 'never existed: the list was rfc-ignorant.org', 'rfc-ignorant.org'],
  ['rfci-ignorant.com', 2012, 'never existed: the list was rfc-ignorant.org', 'rfc-ignorant.org'],
  ['rfc-clueless.org', 2023, CLOSED, 'rfc-clueless.org, 2023-09-23'],
  ['blackholes.us', 2009, CLOSED, 'dnsbl.com, October 2009'],
  ['flowgoaway.com', 2004, CLOSED, 'no announcement is known; it has been silent for years'],
  ['pm0-no-more.compu.net', 2004, CLOSED, 'commented out in configurations of the time'],
  ['mail-abuse.org', 2005, 'sold: customers of Trend Micro ask KEY.r.mail-abuse.com', 'mail-abuse.com'],
  ['rbl.maps.vix.com', 2001, 'became rbl-plus.mail-abuse.org', 'mail-abuse.org'],
  ['orbs.org', 2001, CLOSED, 'orbs.org, June 2001'],
  ['orbz.org', 2002, CLOSED, 'linux-kernel, "Usage of ORBZ.ORG", 2002-10-30'],
  ['orbl.org', 2002, CLOSED, 'commented out in configurations of the time'],
  ['spews.org', 2006, CLOSED, 'spews.org: no change since August 2006'],
  ['blackholes.easynet.nl', 2003, CLOSED, 'abuse.easynet.nl, December 2003'],
  ['njabl.org', 2013, CLOSED, 'njabl.org, 2013-03-01'],
  ['ahbl.org', 2015, 'closed; it lists the whole world', 'dnsbl.com, "AHBL is Shutting Down", January 2015'],
  ['trusted-forwarder.org', 2013, CLOSED, 'openspf.org'],
  ['spamcannibal.org', 2018, WILDCARD, 'check_rbl #27; dnsbl-client #7'],
  ['emailbasura.org', 2019, WILDCARD, 'dnsbl.com, "Status of bl.emailbasura.org"'],
  ['megarbl.net', 2019, WILDCARD, 'dnsbl.com, "Status of megarbl.net", 2019-11-25'],
  ['inps.de', 2020, CLOSED, 'dnsbl.com, "Status of dnsbl.inps.de", 2020-05-25'],
  ['ubl.unsubscore.com', 2024, CLOSED, 'dnsbl.com, "Status of ubl.unsubscore.com"'],
  ['sorbs.net', 2024, CLOSED, 'mailcow-dockerized #5901; MailCleaner #614: switched off on 2024-06-05'],
  ['ix.dnsbl.manitu.net', 2025, CLOSED, 'nixspam.net; rspamd #5299: empty since 2025-01-17'],
];

/** What the operator should do about one. */
export const DEAD_REMEDY = 'remove it, or name it in own_dns_lists if your own name servers have it';

export const deadLists: readonly DeadList[] = rows.map(([zone, since, what, source]) => ({
  zone,
  since,
  what,
  source,
}));

/** What is known of a dead list; undefined when nothing is. */
function deadList(zone: string): DeadList | undefined {
  return deadLists.find((list) => isWithin(zone, list.zone));
}

/**
 * What is wrong with naming a list; undefined when nothing is known against it. `ours`: zones that our own name servers
 * have, whatever became of the lists of these names.
 */
export function deadListProblem(zone: string, ours: readonly string[]): string | undefined {
  if (ours.some((own) => isWithin(zone, own.toLowerCase()))) return undefined;
  const dead = deadList(zone);
  return dead && `DNS list ${shownZone(zone)} is dead since ${dead.since}: ${dead.what} (${dead.source})`;
}
