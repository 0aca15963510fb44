/**
 * The name of a client: what its address points to, believed only when that name leads back to the address.
 * Parameter: smtpd_peername_lookup. `Postfix: smtpd_peer.c`.
 * A time-out is not an absence: it makes the name unknown for now (450), never forged.
 */
import { isIPv4 } from 'node:net';
import type { Client, NameStatus } from '../mail/client.ts';
import { isHostName } from '../mail/host-syntax.ts';
import { normalAddress } from './reverse-name.ts';
import type { HostNames } from './system-names.ts';

type Names = Pick<Client, 'name' | 'nameStatus' | 'reverseName' | 'reverseNameStatus'>;

const NO_NAME = 'unknown';

/** Never rejects; how long it takes is up to the resolver's time-outs. */
export async function clientNames(address: string, names: HostNames): Promise<Names> {
  const pointer = await names.ptr(address);
  if (pointer.kind !== 'found') return nameless(pointer.kind);
  const reverseName = pointer.records[0] ?? '';
  if (!isHostName(reverseName)) return nameless('absent');
  const status = await confirm(reverseName, address, names);
  const name = status === 'ok' ? reverseName : NO_NAME;
  return { name, nameStatus: status, reverseName, reverseNameStatus: 'ok' };
}

/** Whether the name leads back to the address. */
async function confirm(name: string, address: string, names: HostNames): Promise<NameStatus> {
  const answer = isIPv4(address) ? await names.a(name) : await names.aaaa(name);
  switch (answer.kind) {
    case 'found':
      return answer.records.some((record) => normalAddress(record) === normalAddress(address))
        ? 'ok'
        : 'forged';
    case 'absent':
      return 'forged';
    case 'unknown':
      return 'unknown';
  }
}

function nameless(status: 'absent' | 'unknown'): Names {
  return { name: NO_NAME, nameStatus: status, reverseName: NO_NAME, reverseNameStatus: status };
}
