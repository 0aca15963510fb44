/** Next hops and how to speak to them, from settings. Parameters: smtpd_proxy_*, content_filter, smtp_*, lmtp_*. */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import {
  type ClientSettings,
  proxySettings,
  type TlsSettings,
  transportSettings,
} from '../relay/client-settings.ts';
import type { NextHop } from '../relay/next-hop.ts';
import {
  type Transport as HopTransport,
  parseProxyFilter,
  parseTransport,
  type Transports,
} from '../relay/route.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Settings } from '../settings/settings.ts';
import type { Deadlines } from '../smtp/step.ts';
import type { Openers } from './openers.ts';
import { secureOptions } from './tls-options.ts';

export interface NextHopParts {
  readonly proxyFilter: NextHop | undefined;
  readonly contentFilter: NextHop | undefined;
  /** Where everything goes, if that can be said beforehand: its abilities are offered to clients. */
  readonly only: NextHop | undefined;
  parseHop(text: string): NextHop;
}

export function assembleNextHops(
  configuration: Configuration,
  openers: Openers,
  makeOpeners: (settings: Settings) => Openers,
  complain: Complain,
): NextHopParts {
  const { settings } = openers;
  const transports = new Map<string, HopTransport>();
  for (const [name, transport] of configuration.transports) {
    const client = clientSettings(name, transport.program, makeOpeners(transport.settings));
    transports.set(name, { kind: 'client', settings: client });
  }
  for (const [name, command] of configuration.agents) {
    if (!transports.has(name)) transports.set(name, { kind: 'other', command });
  }
  const known = new Map<string, NextHop>();
  const parseHop = (text: string): NextHop => {
    const found = known.get(text);
    if (found) return found;
    const hop = parseTransport(text, transports as Transports);
    if (known.size < MAX_KNOWN) known.set(text, hop);
    return hop;
  };
  const proxyFilter = parsed(settings, 'smtpd_proxy_filter', complain, (text) =>
    parseProxyFilter(text, proxyClient(settings)),
  );
  const contentFilter = parsed(settings, 'content_filter', complain, parseHop);
  const relay = parsed(settings, 'relayhost', complain, (text) =>
    parseHop(`${settings.default_transport}:${text}`),
  );
  const only = proxyFilter ?? contentFilter ?? (settings.transport_maps.length === 0 ? relay : undefined);
  return { proxyFilter, contentFilter, only, parseHop };
}

/** Transport tables can name many domains; so many parsed next hops are kept. */
const MAX_KNOWN = 10_000;

function parsed(
  settings: Settings,
  name: 'smtpd_proxy_filter' | 'content_filter' | 'relayhost',
  complain: Complain,
  parse: (text: string) => NextHop,
): NextHop | undefined {
  const text = settings[name];
  if (text === '') return undefined;
  try {
    return parse(text);
  } catch (error) {
    const remedy = 'a next hop such as [127.0.0.1]:10026';
    complain({
      source: settings.sourceOf(name),
      severity: 'error',
      problem: `${name}: ${(error as Error).message}`,
      remedy,
    });
    return undefined;
  }
}

function families(settings: Settings): (4 | 6)[] {
  const protocols: readonly string[] = settings.inet_protocols;
  const all = protocols.includes('all');
  const four = all || protocols.includes('ipv4');
  const six = all || protocols.includes('ipv6');
  const order: (4 | 6)[] = settings.smtp_address_preference === 'ipv6' ? [6, 4] : [4, 6];
  return order.filter((family) => (family === 4 ? four : six));
}

function proxyClient(settings: Settings): ClientSettings {
  return proxySettings({
    heloName: settings.smtpd_proxy_ehlo,
    timeoutMs: settings.smtpd_proxy_timeout,
    families: families(settings),
  });
}

function clientSettings(name: string, program: 'smtp' | 'lmtp', openers: Openers): ClientSettings {
  const { settings } = openers;
  const of = <K extends string>(parameter: K) =>
    settings[`${program}_${parameter}` as keyof Settings & `smtp_${K}`];
  const passwords = of('sasl_auth_enable') ? openers.maps(`${program}_sasl_password_maps`) : undefined;
  const bind4 = of('bind_address');
  const bind6 = of('bind_address6');
  const isLmtp = program === 'lmtp';
  const heloName = isLmtp ? settings.lmtp_lhlo_name : settings.smtp_helo_name;
  const discard = isLmtp ? settings.lmtp_discard_lhlo_keywords : settings.smtp_discard_ehlo_keywords;
  return transportSettings({
    name,
    protocol: program,
    heloName,
    deadlines: deadlines(settings, program),
    discardKeywords: discard.map((word) => word.toLowerCase()),
    tellClient: of('send_xforward_command') ? 'xforward' : 'nothing',
    tls: clientTls(settings, program),
    login: passwords && {
      mechanisms: ['PLAIN', 'LOGIN'],
      inTheClear: !of('sasl_security_options').includes('noplaintext'),
      find: (key) => passwords.find(key),
    },
    families: families(settings),
    bindAddress: { ...(bind4 ? { 4: bind4 } : {}), ...(bind6 ? { 6: bind6 } : {}) },
    addressLimit: of('mx_address_limit'),
    sessionLimit: of('mx_session_limit'),
    lineLengthLimit: of('line_length_limit'),
    reuseMails: of('connection_reuse_count_limit'),
    reuseMs: of('connection_reuse_time_limit'),
  });
}

function deadlines(settings: Settings, program: 'smtp' | 'lmtp'): Deadlines {
  const of = <K extends string>(step: K) =>
    settings[`${program}_${step}_timeout` as keyof Settings & `smtp_${K}_timeout`];
  const helo = program === 'lmtp' ? settings.lmtp_lhlo_timeout : settings.smtp_helo_timeout;
  return {
    connect: of('connect') || CONNECT_MS,
    greeting: helo,
    helo,
    starttls: of('starttls'),
    login: helo,
    xforward: of('xforward'),
    mail: of('mail'),
    rcpt: of('rcpt'),
    data: of('data_init'),
    body: of('data_xfer'),
    done: of('data_done'),
    rset: of('rset'),
    quit: of('quit'),
  };
}

/** Where the operator leaves it to the system. */
const CONNECT_MS = 30_000;

/** What each level asks of the next hop's certificate. Levels that need DANE or fingerprints are checked as `verify`. */
const LEVELS: Record<string, TlsSettings['level']> = {
  '': 'none',
  none: 'none',
  may: 'may',
  encrypt: 'encrypt',
  fingerprint: 'verify',
  verify: 'verify',
  secure: 'verify',
  dane: 'may',
  'dane-only': 'verify',
};

function clientTls(settings: Settings, program: 'smtp' | 'lmtp'): TlsSettings {
  const of = <K extends string>(parameter: K) =>
    settings[`${program}_tls_${parameter}` as keyof Settings & `smtp_tls_${K}`];
  const level = LEVELS[of('security_level')] ?? 'none';
  const mandatory = level !== 'none' && level !== 'may';
  const grade = mandatory ? of('mandatory_ciphers') : of('ciphers');
  const options: ConnectionOptions = secureOptions({
    protocols: mandatory ? of('mandatory_protocols') : of('protocols'),
    cipherList: settings[`tls_${grade}_cipherlist`],
    exclude: of('exclude_ciphers'),
    preferOurs: false,
  });
  const authorities = of('CAfile');
  const servername = of('servername');
  return {
    level,
    wrapper: of('wrappermode'),
    options: {
      ...options,
      ...(authorities ? { ca: readFileSync(authorities) } : {}),
      ...(servername ? { servername } : {}),
    },
  };
}
