/** What a client may do that others may not, and how its addresses are read. */
import { address } from '../mail/address.ts';
import { isAscii } from '../mail/host-syntax.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';
import type { AddressParts } from './addresses.ts';
import type { Openers } from './openers.ts';

export function rightsOfClients(openers: Openers, addresses: AddressParts) {
  const flush = openers.list('fast_flush_domains', 'domain');
  return {
    mayFlush: (domain: string) => flush.has(domain),
    isBadAddress: (text: string, smtputf8: boolean) => isBadAddress(text, smtputf8, addresses),
    isLocalRewriteClient: localRewriteClients(openers, addresses),
    authorizedXclientHosts: openers.list('smtpd_authorized_xclient_hosts', 'network'),
    authorizedXforwardHosts: openers.list('smtpd_authorized_xforward_hosts', 'network'),
  };
}

/** `Postfix: smtpd_check_addr`. A table that fails now says nothing about the syntax. */
async function isBadAddress(text: string, smtputf8: boolean, { resolver }: AddressParts): Promise<boolean> {
  try {
    const resolved = await resolver.resolve(address(text));
    return resolved.invalid || (!smtputf8 && !isAscii(resolved.address.domain));
  } catch {
    return false;
  }
}

/** `Postfix: local_header_rewrite_clients`; who tells of another client (XFORWARD) says where the mail comes from, too. */
function localRewriteClients(openers: Openers, { isOwnAddress }: AddressParts) {
  const mynetworks = openers.list('mynetworks', 'network');
  const checks: Record<string, (session: Session, connectedFrom: string) => MaybePromise<boolean>> = {
    permit_inet_interfaces: (_session, connectedFrom) => isOwnAddress(connectedFrom), // Postfix: also after XCLIENT
    permit_mynetworks: ({ client }) => mynetworks.has(client),
    permit_sasl_authenticated: ({ sasl }) => sasl !== undefined,
    permit_tls_all_clientcerts: ({ tls }) => tls?.certificate?.trusted ?? false,
  };
  const steps = openers.settings.tokens('local_header_rewrite_clients').flatMap((token) => {
    const check = checks[token.text.toLowerCase()];
    if (check) return [check];
    if (!token.text.includes(':')) return [];
    const table = openers.tables.open(token.text, token.source);
    return [async ({ client }: Session) => (await table.find(client.address)) !== undefined];
  });
  return (session: Session, connectedFrom: string): MaybePromise<boolean> => {
    if (session.forwarded) return session.forwarded.domain === 'local';
    const answers = steps.map((step) => step(session, connectedFrom));
    if (!answers.some(isPromise)) return answers.includes(true);
    return Promise.all(answers).then((all) => all.includes(true));
  };
}
