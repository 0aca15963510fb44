/**
 * Who sent this mail, and who signs ours, from settings. Parameters: spf_*, dkim_*, dmarc_*, arc_trusted_sealers,
 * authserv_id.
 */
import { resolve } from 'node:path';
import { SenderCheck, type SenderCheckOptions } from '../content/authentication/sender-check.ts';
import type { CleanupOptions } from '../content/cleanup/cleanup.ts';
import type { InspectionOptions } from '../content/inspection.ts';
import type { LogicalHeader } from '../content/mime/logical-header.ts';
import { KeyFiles, KeyProblem, parseKeyNames } from '../content/signing/key-files.ts';
import { MailSigner } from '../content/signing/mail-signer.ts';
import type { Dns } from '../dns/dns.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';
import { KnownSigners } from '../memory/known-signers.ts';
import type { Store } from '../memory/store.ts';
import type { Log } from '../record/log.ts';
import { MailSpf } from '../sender-auth/mail-spf.ts';
import { claimsToBeOurs } from '../sender-auth/results-claim.ts';
import type { Settings } from '../settings/settings.ts';
import type { Found } from '../tables/table.ts';
import type { Openers } from './openers.ts';

export interface SenderAuthParts {
  readonly spf: MailSpf;
  /** Who signed earlier mail; where signatures are not looked at, nobody has. */
  readonly signers: Pick<KnownSigners, 'find'>;
  readonly readers: InspectionOptions['readers'];
  readonly sealers: InspectionOptions['sealers'];
  /** Whether a header of the message speaks in our name; undefined: none is looked at. */
  readonly isUnwanted: CleanupOptions['isUnwanted'] | undefined;
}

export interface SenderAuthNeeds {
  readonly dns: Dns;
  readonly store: Store;
  readonly log: Log;
}

const NOBODY: SenderAuthParts['signers'] = { find: async () => undefined };
/** RFC 7208 4.6.4 */
const SPF_TIMEOUT_MS = 20_000;
const KEYS_TIMEOUT_MS = 15_000;

export function assembleSenderAuth(openers: Openers, { dns, store, log }: SenderAuthNeeds): SenderAuthParts {
  const { settings } = openers;
  const isOurs = ownMail(openers);
  const forwarders = openers.list('spf_trusted_forwarders', 'network');
  const spf = new MailSpf({
    dns,
    timeoutMs: SPF_TIMEOUT_MS,
    receiver: settings.myhostname,
    guess: settings.spf_best_guess,
    isTrustedForwarder: (client) => forwarders.has(client),
  });
  const checks = settings.spf_verify || settings.dkim_verify || settings.dmarc_policy !== 'off';
  const signers = new KnownSigners({
    store,
    prefixBits: { ipv4: settings.greylist_ipv4_prefix, ipv6: settings.greylist_ipv6_prefix },
    lifetimeMs: settings.greylist_lifetime,
  });
  const check = checks ? senderCheck(openers, { dns, spf, signers, isOurs }) : undefined;
  return {
    spf,
    signers: check ? signers : NOBODY,
    readers: check ? [(mail) => check.begin(mail)] : [],
    sealers: settings.dkim_sign ? [signer(openers, isOurs, log)] : [],
    isUnwanted: checks ? (header, isLoose) => isForged(header, isLoose, settings) : undefined,
  };
}

function senderCheck(
  openers: Openers,
  needs: Pick<SenderCheckOptions, 'dns' | 'spf' | 'signers' | 'isOurs'>,
): SenderCheck {
  const { settings } = openers;
  const sealers = openers.maps('arc_trusted_sealers');
  return new SenderCheck({
    ...needs,
    timeoutMs: KEYS_TIMEOUT_MS,
    showSpf: settings.spf_verify,
    showDkim: settings.dkim_verify,
    dmarc: {
      mode: settings.dmarc_policy,
      quarantine: settings.dmarc_quarantine_action,
      source: settings.sourceOf('dmarc_policy'),
    },
    isTrustedSealer: async (domain) => (await sealers?.find(domain)) !== undefined,
    authservId: settings.authserv_id,
  });
}

/** Mail of users who logged in, of our networks, and what a front end says to be local. */
export function ownMail(openers: Openers): (session: Session) => MaybePromise<boolean> {
  const mynetworks = openers.list('mynetworks', 'network');
  return ({ sasl, forwarded, client }) => {
    if (sasl) return true;
    return forwarded ? forwarded.domain === 'local' : mynetworks.has(client);
  };
}

function signer(
  openers: Openers,
  isOurs: (session: Session) => MaybePromise<boolean>,
  log: Log,
): InspectionOptions['sealers'][number] {
  const { settings } = openers;
  const find = openers.addressSearch('dkim_signing_maps', {
    order: 'access',
    parentStyle: openers.accessParentStyle,
  });
  const keys = new KeyFiles(log);
  readAhead(openers.maps('dkim_signing_maps')?.entries() ?? [], keys, keyPath(settings));
  const mailSigner = new MailSigner({
    find: (sender) => {
      const match = find?.(sender);
      return isPromise(match) ? match.then((found) => found?.value) : match?.value;
    },
    isOurs,
    keys,
    resolve: keyPath(settings),
  });
  return (mail, outgoing) => mailSigner.seal(mail, outgoing);
}

/** Reads the keys that the maps can name beforehand, while the process may still read everything. */
function readAhead(entries: Iterable<Found>, keys: KeyFiles, path: (file: string) => string): void {
  for (const { value } of entries) {
    try {
      for (const name of parseKeyNames(value, path)) keys.key(name);
    } catch (error) {
      if (!(error instanceof KeyProblem)) throw error; // said by the log now, and by the mail that needs it
    }
  }
}

/** Names of key files begin at the configuration. */
export function keyPath(settings: Settings): (file: string) => string {
  return (file) => resolve(settings.text('config_directory') ?? '.', file);
}

/** Results where no header should be are no results, whoever claims them: only the first line of them is known. */
function isForged(header: LogicalHeader, isLoose: boolean, settings: Settings): boolean {
  if (header.name !== 'authentication-results') return false;
  if (isLoose) return true;
  const raw = header.text.toString('latin1').replaceAll('\n', '\r\n');
  return claimsToBeOurs({ name: header.name, raw }, [settings.authserv_id, settings.myhostname]);
}
