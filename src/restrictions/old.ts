/** Restrictions that Postfix 3.7 still knows and 3.9 does not; `check` names what to write instead. */
import { parseDnsList } from '../dns/list-query.ts';
import { isNetworkAddress } from '../mail/host-syntax.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { permitAuthDestination } from './destination.ts';
import { LISTED, rejectListed } from './dns-lists.ts';
import { refuseHelo } from './helo.ts';
import type { ReplyCodes } from './reply-codes.ts';
import { type Judge, reject } from './restriction.ts';
import type { Sources } from './sources.ts';

/** Parameter: maps_rbl_domains. */
export function rejectMapsRbl(sources: Sources): Judge {
  const lists = sources.mapsRblDomains.map((zone) =>
    rejectListed(LISTED.client, parseDnsList(zone), sources),
  );
  return async (q) => {
    for (const list of lists) list.prepare(q);
    for (const list of lists) {
      const answer = await list.judge(q);
      if (answer.kind !== 'dunno') return answer;
    }
    return dunno;
  };
}

export function checkRelayDomains(sources: Sources): Judge {
  const permitOurs = permitAuthDestination(sources);
  return async (q) => {
    if (!q.recipient) return dunno;
    if (await sources.isRelayClient(q.session.client.name)) return permit;
    const ours = await permitOurs(q);
    if (ours.kind === 'permit') return ours;
    const code = sources.codes.relay_domains_reject_code;
    return reject(code, '5.7.1', `<${q.recipient.text}>: Recipient address rejected: Relay access denied`);
  };
}

/** Digits that are no address are refused as an address literal would be. `Postfix: reject_invalid_hostaddr` */
export function permitNakedIpAddress({ invalid_hostname_reject_code }: ReplyCodes): Judge {
  return ({ helo }) => {
    if (helo === undefined || !/^[0-9.:]*$/.test(helo)) return dunno;
    if (isNetworkAddress(helo)) return permit;
    return refuseHelo(helo, invalid_hostname_reject_code, 'invalid ip address');
  };
}
