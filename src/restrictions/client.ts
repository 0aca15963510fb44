/** Restrictions about the client: its name, its network, its login, its certificate. */
import type { Address } from '../mail/address.ts';
import type { NameStatus } from '../mail/client.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { looked, type Question } from './question.ts';
import type { ReplyCodes } from './reply-codes.ts';
import { type Judge, reject, ServerError, TemporaryLookupFailure } from './restriction.ts';
import type { AddressTable, HostList, Sources } from './sources.ts';

/** RFC 7372 3.3. A name that cannot be known now is refused for now, whatever the code says. */
export function rejectUnknownClient({ unknown_client_reject_code }: ReplyCodes): Judge {
  return ({ session: { client } }) => {
    if (client.nameStatus === 'ok') return dunno;
    const code = client.nameStatus === 'unknown' ? 450 : unknown_client_reject_code;
    return reject(code, '4.7.25', `Client host rejected: cannot find your hostname, [${client.address}]`);
  };
}

export function rejectUnknownReverseClient({ unknown_client_reject_code }: ReplyCodes): Judge {
  return ({ session: { client } }) => {
    if (client.reverseNameStatus === 'ok') return dunno;
    const isAbsent = ('absent' satisfies NameStatus) === client.reverseNameStatus;
    const text = `Client host rejected: cannot find your reverse hostname, [${client.address}]`;
    return reject(isAbsent ? unknown_client_reject_code : 450, '4.7.1', text);
  };
}

export function permitInetInterfaces({ isOwnAddress }: Sources): Judge {
  return ({ session }) => (isOwnAddress(session.client.address) ? permit : dunno);
}

export function permitMynetworks(mynetworks: HostList): Judge {
  return async (q) => {
    const { client } = q.session;
    const isOurs = await mynetworks.has(client);
    looked(q, client.address, isOurs ? 'mynetworks' : undefined);
    return isOurs ? permit : dunno;
  };
}

/** Who logged in as nobody did not log in. `Postfix: permit_sasl_auth` */
export const permitSaslAuthenticated: Judge = ({ session: { sasl } }) =>
  sasl && sasl.method.toUpperCase() !== 'ANONYMOUS' ? permit : dunno;

/** With a trusted certificate, or one whose fingerprint (or that of its key) stands in relay_clientcerts. */
export function permitTlsClientCerts(sources: Sources, all: boolean): Judge {
  return async (q) => {
    const certificate = q.session.tls?.certificate;
    if (!certificate) return dunno;
    if (all && certificate.trusted) return permit;
    for (const print of [certificate.publicKeyFingerprint, certificate.fingerprint]) {
      const found = await sources.relayClientCerts?.find(print);
      looked(q, print, found);
      if (found !== undefined) return permit;
    }
    return dunno;
  };
}

/** Who logged in may only use addresses of his own. `Postfix: smtpd_sender_login_maps`. */
export function rejectAuthenticatedMismatch(sources: Sources, ofUnknownSender: 'reject' | 'dunno'): Judge {
  return withOwners(sources, (q, sender, owners) => {
    const { sasl } = q.session;
    if (!sasl || (owners === undefined && ofUnknownSender === 'dunno')) return dunno;
    const names = owners?.split(/[\s,]+/) ?? [];
    if (names.some((name) => name.toLowerCase() === sasl.username.toLowerCase())) return dunno;
    return reject(553, '5.7.1', `<${sender}>: Sender address rejected: not owned by user ${sasl.username}`);
  });
}

/** An address that has an owner may only be used after login. */
export function rejectUnauthenticatedMismatch(sources: Sources): Judge {
  return withOwners(sources, (q, sender, owners) => {
    if (q.session.sasl || owners === undefined) return dunno;
    return reject(553, '5.7.1', `<${sender}>: Sender address rejected: not logged in`);
  });
}

/** Only senders that stand in the table are looked at. */
export function rejectKnownMismatch(sources: Sources): Judge {
  const loggedIn = rejectAuthenticatedMismatch(sources, 'dunno');
  const stranger = rejectUnauthenticatedMismatch(sources);
  return (q) => (q.session.sasl ? loggedIn(q) : stranger(q));
}

function withOwners(
  { saslEnabled, senderLoginMaps, addresses }: Sources,
  decide: (q: Question, sender: string, owners: string | undefined) => ReturnType<Judge>,
): Judge {
  return async (q) => {
    if (!saslEnabled || !senderLoginMaps || !q.sender || q.sender.text === '') return dunno;
    const owners = await ownersOf(q.sender, q, addresses, senderLoginMaps);
    return decide(q, q.sender.text, owners);
  };
}

async function ownersOf(sender: Address, q: Question, addresses: Sources['addresses'], maps: AddressTable) {
  try {
    const { address } = await addresses.resolve(sender, q.recipient);
    const owners = await maps.find(address);
    looked(q, address.text, owners);
    return owners;
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw new TemporaryLookupFailure(sender.text, error);
  }
}
