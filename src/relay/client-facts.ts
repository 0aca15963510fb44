/** Who the client is, as XFORWARD and XCLIENT tell it: the session's, or what an upstream gateway said of it. */
import { rfcAddress } from '../mail/client.ts';
import type { Session } from '../mail/session.ts';
import type { ClientAttributes } from '../smtp/client-attributes.ts';
import type { Parcel } from './delivery.ts';

/** `Postfix: smtpd_proxy.c, FORWARD_NAME ... FORWARD_DOMAIN` */
export function forwardedFacts({ session, envelope, queueId }: Parcel): ClientAttributes {
  const { forwarded, client } = session;
  const local = forwarded === undefined ? envelope.localRewrite : forwarded.domain === 'local';
  return new Map([
    ['NAME', known(forwarded?.name ?? client.name)],
    ['ADDR', knownAddress(forwarded?.address ?? client.address)],
    ['PORT', known(forwarded?.port ?? client.port)],
    ['HELO', known(forwarded?.helo ?? session.helo ?? '')],
    ['IDENT', known(forwarded?.ident ?? '') ?? queueId],
    ['PROTO', known(forwarded?.protocol ?? session.protocol)],
    ['SOURCE', local ? 'LOCAL' : 'REMOTE'],
  ]);
}

/** Postfix: XCLIENT_README */
export function clientFacts(session: Session): ClientAttributes {
  const { client, server } = session;
  return new Map([
    ['NAME', client.nameStatus === 'unknown' ? '[TEMPUNAVAIL]' : known(client.name)],
    ['REVERSE_NAME', client.reverseNameStatus === 'unknown' ? '[TEMPUNAVAIL]' : known(client.reverseName)],
    ['ADDR', knownAddress(client.address)],
    ['PORT', known(client.port)],
    ['DESTADDR', knownAddress(server.address)],
    ['DESTPORT', known(server.port)],
    ['PROTO', known(session.protocol)],
    ['HELO', known(session.helo ?? '')],
    ['LOGIN', known(session.sasl?.username ?? '')],
  ]);
}

function known(value: string): string | undefined {
  return value === '' || value.toLowerCase() === 'unknown' ? undefined : value;
}

function knownAddress(value: string): string | undefined {
  const address = known(value);
  return address === undefined || /^ipv6:/i.test(address) ? address : rfcAddress(address);
}
