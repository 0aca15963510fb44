/**
 * Restrictions that stand in a costly order: what is right and works, but asks strangers or makes newcomers wait before
 * cheaper checks have had their say. `check` tells it.
 */
import type { Complaint } from '../settings/complaint.ts';
import type { RestrictionList } from './restriction.ts';

const KNOWS_RECIPIENTS = /^(?:reject_unlisted_recipient|check_recipient_maps|reject_unverified_recipient)$/i;
/** They ask nobody outside, or ask what was asked before. */
const CHEAP =
  /^(?:reject_(?!unverified_)|check_(?!policy_service|greylist|\w+_rate)|defer_unauth_destination|permit_)/i;

/** `lists`: in the order in which they are asked. */
export function orderHints(lists: readonly RestrictionList[]): Complaint[] {
  return [...greylistHint(lists), ...lists.flatMap(calloutHint)];
}

/** Recipients that do not exist should be refused before anybody is remembered for them. */
function greylistHint(lists: readonly RestrictionList[]): Complaint[] {
  for (const { name, source } of lists.flatMap(({ restrictions }) => restrictions)) {
    const bare = name.replace(/^warn_if_reject /i, '');
    if (KNOWS_RECIPIENTS.test(bare)) return [];
    if (bare.toLowerCase() !== 'check_greylist') continue;
    const problem = 'check_greylist stands before the check that the recipient exists';
    return [{ source, severity: 'note', problem, remedy: 'put reject_unlisted_recipient in front of it' }];
  }
  return [];
}

function calloutHint({ restrictions }: RestrictionList): Complaint[] {
  const at = restrictions.findIndex(({ name }) => /^reject_unverified_sender$/i.test(name));
  const callout = restrictions[at];
  const cheaper = restrictions.slice(at + 1).find(({ name }) => CHEAP.test(name));
  if (!callout || !cheaper) return [];
  const problem = `reject_unverified_sender asks hosts of strangers before "${cheaper.name}", which is cheaper`;
  return [{ source: callout.source, severity: 'note', problem, remedy: 'put it at the end of the list' }];
}
