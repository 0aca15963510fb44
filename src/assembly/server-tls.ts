/** TLS of a listener, from its settings. Parameters: smtpd_tls_*, tls_server_sni_maps, tls_*_cipherlist. */
import type { SecureContext } from 'node:tls';
import type { Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { TlsService } from '../server/service.ts';
import type { Complain, Complaint } from '../settings/complaint.ts';
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
  const chosen = sniMaps && new NamedCertificates(sniMaps, settings, required, log, complain);
  const asks = settings.smtpd_tls_ask_ccert || settings.smtpd_tls_req_ccert;
  return {
    context: () => certificates.context(),
    options: {
      requestCert: asks,
      rejectUnauthorized: false,
      ...(chosen && { SNICallback: chosen.callback }),
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
  complain(unusable(settings.sourceOf(name), name, problem));
}

function unusable(source: Source, what: string, problem: string): Complaint {
  return {
    source,
    severity: 'warning',
    problem: `${what}: the certificate or its key cannot be used: ${problem}`,
    remedy: 'there is no TLS until it can',
  };
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
class NamedCertificates {
  readonly #maps: TableList;
  readonly #known = new Map<string, Certificates>();
  readonly #make: (chains: string[]) => Certificates;

  constructor(maps: TableList, settings: Settings, required: boolean, log: Log, complain: Complain) {
    this.#maps = maps;
    const options = contextOptions(settings, required);
    this.#make = (chains) => new Certificates({ pairs: [], chains, authorities: '' }, options, log);
    for (const { value, source } of maps.entries()) {
      if (this.#known.size === MAX_READ_AHEAD) break;
      this.#context(value);
      const problem = this.#known.get(value)?.problem();
      if (problem !== undefined) complain(unusable(source, value, problem));
    }
  }

  readonly callback = (name: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    Promise.resolve(this.#maps.find(name.toLowerCase()))
      .then((value) => done(null, value === undefined ? undefined : this.#context(value)))
      .catch((error: Error) => done(error));
  };

  #context(files: string): SecureContext | undefined {
    let certificates = this.#known.get(files);
    if (!certificates) {
      certificates = this.#make(files.split(/[\s,]+/).filter((path) => path !== ''));
      this.#known.set(files, certificates);
    }
    return certificates.context();
  }
}
