/**
 * Logins of a listener, from its settings. Parameters: smtpd_sasl_*, smtpd_tls_auth_only, broken_sasl_auth_clients.
 * `Unlike Postfix`: passwords of our own file are not taken over unencrypted connections from other machines, unless
 * smtpd_tls_auth_only is set to `no`; with Dovecot the default is Postfix's.
 */
import { join } from 'node:path';
import type { DovecotEndpoint } from '../accounts/dovecot-connection.ts';
import { DovecotSaslServer } from '../accounts/dovecot-server.ts';
import { login } from '../accounts/login.ts';
import { oauth } from '../accounts/oauth.ts';
import { OwnSaslServer } from '../accounts/own-server.ts';
import { PasswordCheck } from '../accounts/password-check.ts';
import { plain } from '../accounts/plain.ts';
import type { SaslServer } from '../accounts/sasl.ts';
import { scram } from '../accounts/scram.ts';
import type { Wanted } from '../accounts/security-options.ts';
import { SlowedSaslServer } from '../accounts/slowed-server.ts';
import type { Client } from '../mail/client.ts';
import type { Log } from '../record/log.ts';
import { networkOf } from '../server/client-limits.ts';
import type { SaslService } from '../server/service.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Settings } from '../settings/settings.ts';
import { LookupFailure } from '../tables/table.ts';
import type { Accounts } from './accounts.ts';
import { assembleTokenVerifier, type Tokens } from './oauth.ts';
import type { Openers } from './openers.ts';
import { words } from './session-rules.ts';

export interface SaslParts {
  readonly openers: Openers;
  readonly accounts: Accounts;
  readonly log: Log;
  readonly complain: Complain;
}

/** Undefined when nobody can log in. */
export function assembleSasl(parts: SaslParts): SaslService | undefined {
  const { openers, accounts } = parts;
  const { settings } = openers;
  if (!settings.smtpd_sasl_auth_enable) return undefined;
  const isDovecot = settings.smtpd_sasl_type === 'dovecot';
  const tokens = isDovecot ? undefined : assembleTokenVerifier(settings, accounts, parts.complain);
  const server = isDovecot ? dovecotServer(parts) : ownServer(parts, tokens);
  if (!server) return undefined;
  warnOfNoTls(settings, parts.complain);
  return {
    server: new SlowedSaslServer(server, { delay: accounts.delay, keyOf: networkOfClient(settings) }),
    needsTls: needsTls(settings),
    longCommands: tokens !== undefined,
    oldForm: settings.broken_sasl_auth_clients,
    exceptions: exceptions(openers),
  };
}

/** A table that does not answer: nobody is offered AUTH. `Postfix: sasl_client_exception`. */
function exceptions(openers: Openers): SaslService['exceptions'] {
  const list = openers.list('smtpd_sasl_exceptions_networks', 'network');
  return {
    async has(client) {
      try {
        return await list.has(client);
      } catch (error) {
        if (error instanceof LookupFailure) return true;
        throw error;
      }
    },
  };
}

function ownServer({ openers, accounts, log }: SaslParts, tokens: Tokens | undefined): SaslServer {
  const { settings } = openers;
  const book = accounts.passwordBook(settings.smtpd_sasl_path, settings.sourceOf('smtpd_sasl_path'));
  const check = new PasswordCheck({
    book,
    hashing: accounts.hashing,
    localDomain: settings.smtpd_sasl_local_domain,
    log,
  });
  return new OwnSaslServer({
    mechanisms: [
      ...scram({ book, check, log }),
      plain(check),
      login(check),
      ...(tokens ? oauth({ ...tokens, log }) : []),
    ],
    ...wantedMechanisms(openers),
  });
}

function dovecotServer({ openers, accounts, log, complain }: SaslParts): SaslServer | undefined {
  const { settings } = openers;
  const shown = settings.smtpd_sasl_path;
  const endpoint = dovecotEndpoint(shown, settings.queue_directory);
  if (!endpoint) {
    complain({
      source: settings.sourceOf('smtpd_sasl_path'),
      severity: 'error',
      problem: `smtpd_sasl_path = ${shown}: this is no address of Dovecot`,
      remedy: 'write the path of a socket such as private/auth, or inet:host:port',
    });
    return undefined;
  }
  return new DovecotSaslServer({
    connection: accounts.dovecot(endpoint, shown),
    service: settings.smtpd_sasl_service,
    ...wantedMechanisms(openers),
    log,
  });
}

/** `inet:host:port`, `unix:path` or a path; relative paths begin in queue_directory, where Postfix works. */
export function dovecotEndpoint(path: string, queueDirectory: string): DovecotEndpoint | undefined {
  if (path.startsWith('inet:')) {
    const [, bracketed, bare, digits] = /^inet:(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(path) ?? [];
    const port = Number(digits ?? 0);
    if (port < 1 || port > 65_535) return undefined;
    return { kind: 'inet', host: bracketed || bare || 'localhost', port };
  }
  const name = path.replace(/^unix:/, '');
  return name === ''
    ? undefined
    : { kind: 'unix', path: name.startsWith('/') ? name : join(queueDirectory, name) };
}

/** Which mechanisms the operator wants. */
function wantedMechanisms(openers: Openers): Wanted {
  const { smtpd_sasl_security_options: plain, smtpd_sasl_tls_security_options: tls } = openers.settings;
  const filter = words(openers.list('smtpd_sasl_mechanism_filter', 'string'));
  return { security: { plain, tls }, isWanted: (mechanism) => filter.has(mechanism) };
}

function needsTls(settings: Settings): (client: Client) => boolean {
  if (settings.smtpd_tls_auth_only) return () => true;
  return isTakenInTheClear(settings) ? () => false : ({ address }) => !isLoopback(address);
}

/** With Dovecot, or because the operator says so. */
function isTakenInTheClear(settings: Settings): boolean {
  return settings.smtpd_sasl_type === 'dovecot' || settings.isSet('smtpd_tls_auth_only');
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function warnOfNoTls(settings: Settings, complain: Complain): void {
  const level = settings.smtpd_tls_security_level;
  const hasTls = settings.smtpd_tls_wrappermode || level === 'may' || level === 'encrypt';
  if (hasTls || (isTakenInTheClear(settings) && !settings.smtpd_tls_auth_only)) return;
  complain({
    source: settings.sourceOf('smtpd_sasl_auth_enable'),
    severity: 'warning',
    problem:
      'smtpd_sasl_auth_enable = yes, but clients cannot turn on TLS, so passwords are taken from this machine only',
    remedy:
      'set smtpd_tls_security_level and a certificate; smtpd_tls_auth_only = no takes them in the clear',
  });
}

/** Failures are counted by networks, as smtpd_client_auth_rate_limit counts. */
function networkOfClient(settings: Settings): (address: string) => string {
  const { smtpd_client_ipv4_prefix_length: ipv4, smtpd_client_ipv6_prefix_length: ipv6 } = settings;
  return (address) => networkOf(address, address.includes(':') ? ipv6 : ipv4);
}
