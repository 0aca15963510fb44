/**
 * The addresses of a next hop, in the order to try them: mail exchangers by preference, equal ones in random order;
 * then addresses by family. RFC 5321 5.1, RFC 7505. `Postfix: smtp_addr.c, smtp_randomize_addresses`
 * What the DNS cannot say now throws Unreachable with a 4xx; so does a name that does not exist, because it is the
 * operator who wrote it. Only a null MX is a 5xx.
 */
import type { Answer, Dns } from '../dns/dns.ts';
import { asciiDomain, isNetworkAddress } from '../mail/host-syntax.ts';
import { reply } from '../mail/reply.ts';
import type { Endpoint } from '../smtp/channel.ts';
import type { ClientSettings } from './client-settings.ts';
import { temporary } from './fault-reply.ts';
import type { Destination } from './next-hop.ts';
import { Unreachable } from './unreachable.ts';

export interface HostSources {
  readonly dns: Dns;
  /** The hosts file; asked before the DNS for what is no mail exchanger. */
  hostsFile?(name: string): readonly string[] | undefined;
  /** Whether a mail exchanger is this gateway: it and all that are not better are left out. */
  isOwnAddress?(address: string): boolean;
}

/** One thing to try. */
export interface Candidate {
  /** `host[address]:port`, as in the log. */
  readonly name: string;
  /** For TLS and logins. */
  readonly host: string;
  readonly endpoint: Endpoint;
}

interface Found {
  readonly host: string;
  readonly addresses: readonly string[];
}

/** In the order to try; the next ones are looked up only when they are needed. */
export async function* candidates(
  destination: Destination,
  settings: ClientSettings,
  sources: HostSources,
): AsyncGenerator<Candidate> {
  if (destination.kind === 'unix') {
    const { path } = destination;
    yield { name: path, host: 'localhost', endpoint: { kind: 'unix', path } };
    return;
  }
  const { port } = destination;
  for await (const { host, addresses } of hosts(destination, settings, sources)) {
    for (const address of addresses) {
      const localAddress = settings.bindAddress[address.includes(':') ? 6 : 4];
      const name = settings.style === 'proxy' ? `${host}:${port}` : `${host}[${address}]:${port}`;
      yield {
        name,
        host,
        endpoint: { kind: 'tcp', address, port, ...(localAddress ? { localAddress } : {}) },
      };
    }
  }
}

async function* hosts(
  destination: Extract<Destination, { kind: 'host' }>,
  settings: ClientSettings,
  sources: HostSources,
): AsyncGenerator<Found> {
  const host = asciiDomain(destination.host) ?? destination.host;
  const exchangers = destination.mx ? await exchangersOf(host, settings, sources.dns) : [];
  if (exchangers.length === 0) {
    const addresses = await addressesOf(host, settings, sources);
    if (typeof addresses === 'string') throw nameProblem(host, addresses, settings);
    yield { host, addresses };
    return;
  }
  let problem = '';
  let found = false;
  for (const equals of exchangers) {
    const answers = await Promise.all(
      equals.map(async (name) => ({ name, addresses: await addressesOf(name, settings, sources) })),
    );
    if (destination.port === 25 && answers.some((answer) => hasOwn(answer.addresses, sources))) {
      if (!found) problem = `mail for ${host} loops back to myself`;
      break;
    }
    for (const { name, addresses } of answers) {
      if (typeof addresses === 'string') problem = addresses;
      else {
        found = true;
        yield { host: name, addresses };
      }
    }
  }
  if (!found) throw nameProblem(host, problem, settings);
}

/** Groups of equal preference, best first; empty: the domain has no mail exchangers and is one itself. */
async function exchangersOf(domain: string, settings: ClientSettings, dns: Dns): Promise<string[][]> {
  const answer = await dns.mx(domain);
  if (answer.kind === 'unknown') throw nameProblem(domain, answer.why, settings);
  if (answer.kind === 'absent') return [];
  if (answer.records.every((record) => record.exchange === '')) {
    const text = `Domain ${domain} does not accept mail (nullMX)`;
    throw new Unreachable(text, reply(556, '5.1.10', text));
  }
  const groups = new Map<number, string[]>();
  for (const { preference, exchange } of answer.records) {
    if (exchange !== '') groups.set(preference, [...(groups.get(preference) ?? []), exchange]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, names]) => shuffled(names));
}

/** A text when there are none. */
async function addressesOf(
  host: string,
  settings: ClientSettings,
  sources: HostSources,
): Promise<string[] | string> {
  if (isNetworkAddress(host)) return [host];
  const known =
    sources.hostsFile?.(host) ?? (/^localhost\.?$/i.test(host) ? ['127.0.0.1', '::1'] : undefined);
  const found: string[] = [];
  let problem = 'Host not found';
  for (const family of settings.families) {
    const answer = known === undefined ? await ask(sources.dns, host, family) : ofFamily(known, family);
    if (answer.kind === 'found') found.push(...shuffled(answer.records));
    else if (answer.kind === 'unknown') problem = `Host not found, try again: ${answer.why}`;
  }
  return found.length > 0 ? found : problem;
}

function ask(dns: Dns, host: string, family: 4 | 6): Promise<Answer<string>> {
  return family === 4 ? dns.a(host) : dns.aaaa(host);
}

function ofFamily(addresses: readonly string[], family: 4 | 6): Answer<string> {
  const records = addresses.filter((address) => address.includes(':') === (family === 6));
  return records.length > 0 ? { kind: 'found', records } : { kind: 'absent', why: 'nodata' };
}

function hasOwn(addresses: readonly string[] | string, sources: HostSources): boolean {
  return (
    typeof addresses !== 'string' && addresses.some((address) => sources.isOwnAddress?.(address) === true)
  );
}

function nameProblem(host: string, problem: string, settings: ClientSettings): Unreachable {
  const sentence = `Host or domain name not found. Name service error for name=${host}: ${problem}`;
  return new Unreachable(sentence, temporary('4.4.3', 'the next hop cannot be looked up', settings.style));
}

function shuffled<T>(items: readonly T[]): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    const [a, b] = [mixed[i] as T, mixed[j] as T];
    mixed[i] = b;
    mixed[j] = a;
  }
  return mixed;
}
