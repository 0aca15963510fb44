/** TLS of a listener, from its settings. Parameters: smtpd_tls_*, tls_server_sni_maps, tls_*_cipherlist. */
import type { SecureContext } from 'node:tls';
import type { Log } from '../record/log.ts';
import type { TlsService } from '../server/service.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Settings } from '../settings/settings.ts';
import type { TableList } from '../tables/table-list.ts';
import { Certificates } from './certificates.ts';
import { secureOptions } from './tls-options.ts';

/** Certificates that are read before a client asks for them. */
const MAX_READ_AHEAD = 1_000;

/** Undefined when TLS is off. */
export function assembleServerTls(
  settings: Settings,
  sniMaps: TableList | undefined,
  log: Log,
  complain: Complain,
): TlsService | undefined {
  const level = settings.smtpd_tls_security_level;
  const wrapper = settings.smtpd_tls_wrappermode;
  if ((level === '' || level === 'none') && !wrapper) return undefined;
  const required = level === 'encrypt' || wrapper;
  const certificates = serverCertificates(settings, required, log);
  certificates.context(); // read while the process may still read everything
  complainOfCertificates(settings, certificates, complain);
  const asks = settings.smtpd_tls_ask_ccert || settings.smtpd_tls_req_ccert;
  return {
    context: () => certificates.context(),
    options: {
      requestCert: asks,
      rejectUnauthorized: false,
      ...(sniMaps ? { SNICallback: sniCallback(sniMaps, settings, required, log) } : {}),
    },
    required,
    wrapper,
    requireCertificate: settings.smtpd_tls_req_ccert,
    handshakeTimeoutMs: settings.smtpd_starttls_timeout,
    fingerprintDigest: settings.smtpd_tls_fingerprint_digest,
  };
}

/** Where none is named at all, cross-checks.ts says so. */
function complainOfCertificates(settings: Settings, certificates: Certificates, complain: Complain): void {
  const names = ['smtpd_tls_chain_files', 'smtpd_tls_cert_file', 'smtpd_tls_eccert_file'] as const;
  const name = names.find((one) => settings[one].length > 0);
  if (name === undefined) return;
  const problem = certificates.problem();
  if (problem === undefined) return;
  complain({
    source: settings.sourceOf(name),
    severity: 'warning',
    problem: `${name}: the certificate or its key cannot be used: ${problem}`,
    remedy: 'there is no TLS until it can',
  });
}

export function serverCertificates(settings: Settings, required: boolean, log: Log): Certificates {
  const pairs = [
    { cert: settings.smtpd_tls_cert_file, key: settings.smtpd_tls_key_file },
    { cert: settings.smtpd_tls_eccert_file, key: settings.smtpd_tls_eckey_file },
  ].filter(({ cert }) => cert !== '' && cert !== 'none');
  const files = {
    pairs: settings.smtpd_tls_chain_files.length > 0 ? [] : pairs,
    chains: settings.smtpd_tls_chain_files,
    authorities: settings.smtpd_tls_CAfile,
  };
  return new Certificates(files, contextOptions(settings, required), log);
}

function contextOptions(settings: Settings, required: boolean) {
  const grade = required ? settings.smtpd_tls_mandatory_ciphers : settings.smtpd_tls_ciphers;
  return secureOptions({
    protocols: required ? settings.smtpd_tls_mandatory_protocols : settings.smtpd_tls_protocols,
    cipherList: settings[`tls_${grade}_cipherlist`],
    exclude: [
      ...settings.smtpd_tls_exclude_ciphers,
      ...(required ? settings.smtpd_tls_mandatory_exclude_ciphers : []),
    ],
    preferOurs: settings.tls_preempt_cipherlist,
  });
}

/** tls_server_sni_maps: a name, and files with its key and certificates; those that are named now are read now. */
function sniCallback(maps: TableList, settings: Settings, required: boolean, log: Log) {
  const known = new Map<string, Certificates>();
  const named = (value: string): SecureContext | undefined => {
    let certificates = known.get(value);
    if (!certificates) {
      const chains = value.split(/[\s,]+/).filter((path) => path !== '');
      const files = { pairs: [], chains, authorities: '' };
      certificates = new Certificates(files, contextOptions(settings, required), log);
      known.set(value, certificates);
    }
    return certificates.context();
  };
  for (const { value } of maps.entries()) {
    if (known.size === MAX_READ_AHEAD) break;
    named(value);
  }
  return (name: string, done: (error: Error | null, context?: SecureContext) => void) => {
    Promise.resolve(maps.find(name.toLowerCase()))
      .then((value) => done(null, value === undefined ? undefined : named(value)))
      .catch((error: Error) => done(error));
  };
}
