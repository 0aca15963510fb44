/**
 * How we speak to a next hop: one set for each transport of master.cf, and one for `smtpd_proxy_filter`.
 * Speaks for the `smtp_*` and `lmtp_*` parameters; the defaults are Postfix's where it has one.
 */
import type { ConnectionOptions } from 'node:tls';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { LoginPolicy } from '../smtp/login.ts';
import { type Deadlines, defaultDeadlines, uniformDeadlines } from '../smtp/step.ts';

export interface TlsSettings {
  /** `may`, `encrypt`: any certificate will do; `verify`: the next hop's certificate must be good. */
  readonly level: 'none' | 'may' | 'encrypt' | 'verify';
  /** TLS from the first byte. `Postfix: smtp_tls_wrappermode` */
  readonly wrapper: boolean;
  /** Certificates, protocols, ciphers: as node:tls takes them. */
  readonly options: ConnectionOptions;
}

export interface LoginSettings extends LoginPolicy {
  /** `user:password` for a host, or for the next hop as written; may throw LookupFailure. */
  find(key: string): MaybePromise<string | undefined>;
}

export interface ClientSettings {
  /** The transport's name in master.cf; connections of different transports are never mixed. */
  readonly name: string;
  /** `proxy`: faults are answered and logged as `smtpd_proxy_filter` does; `transport`: as smtp(8) does. */
  readonly style: 'proxy' | 'transport';
  readonly protocol: 'smtp' | 'lmtp';
  readonly heloName: string;
  readonly deadlines: Deadlines;
  /** Lower case. `Postfix: smtp_discard_ehlo_keywords` */
  readonly discardKeywords: readonly string[];
  /** How the next hop is told who the client is, if it offers that. `Postfix: smtp_send_xforward_command` */
  readonly tellClient: 'nothing' | 'xforward' | 'xclient';
  readonly tls: TlsSettings;
  readonly login: LoginSettings | undefined;
  /** Address families in order of preference. `Postfix: inet_protocols, smtp_address_preference` */
  readonly families: readonly (4 | 6)[];
  /** Our own end of the connection, for each family. `Postfix: smtp_bind_address, smtp_bind_address6` */
  readonly bindAddress: { readonly 4?: string; readonly 6?: string };
  /** `Postfix: smtp_mx_address_limit, smtp_mx_session_limit` */
  readonly addressLimit: number;
  readonly sessionLimit: number;
  /** Longer lines are broken; 0: none is. `Postfix: smtp_line_length_limit` */
  readonly lineLengthLimit: number;
  /** How long an unused connection is kept. `Postfix: smtp_connection_cache_time_limit` (2s there) */
  readonly idleMs: number;
  /** 0: no limit. `Postfix: smtp_connection_reuse_count_limit, smtp_connection_reuse_time_limit` */
  readonly reuseMails: number;
  readonly reuseMs: number;
}

const common = {
  discardKeywords: [],
  tls: { level: 'none', wrapper: false, options: {} },
  login: undefined,
  families: [4, 6],
  bindAddress: {},
  addressLimit: 5,
  sessionLimit: 2,
  lineLengthLimit: 0,
  idleMs: 5_000,
  reuseMails: 0,
  reuseMs: 300_000,
} as const;

/** Settings of a transport, with defaults for what is not given. */
export function transportSettings(
  given: Partial<ClientSettings> & Pick<ClientSettings, 'name' | 'heloName'>,
): ClientSettings {
  const protocol = given.protocol ?? 'smtp';
  return {
    ...common,
    style: 'transport',
    protocol,
    deadlines: defaultDeadlines,
    tellClient: 'nothing',
    ...given,
  };
}

/** Settings for `smtpd_proxy_filter`. `Postfix: smtpd_proxy_ehlo, smtpd_proxy_timeout` */
export function proxySettings(
  given: Partial<ClientSettings> & { readonly heloName: string; readonly timeoutMs: number },
): ClientSettings {
  const { timeoutMs, ...rest } = given;
  const deadlines = uniformDeadlines(timeoutMs);
  return {
    ...common,
    name: 'proxy',
    style: 'proxy',
    protocol: 'smtp',
    deadlines,
    tellClient: 'xforward',
    ...rest,
  };
}
