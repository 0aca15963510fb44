/**
 * Certificates and keys from files, read again when they change; a version that cannot be used is complained of and the
 * one before stays in force. Parameters: smtpd_tls_cert_file and its kin, smtpd_tls_chain_files, tls_server_sni_maps.
 */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Log } from '../record/log.ts';

export interface CertificateFiles {
  /** Pairs of certificate and key; the two may be one file. */
  readonly pairs: readonly { readonly cert: string; readonly key: string }[];
  /** Files with keys and certificates together. */
  readonly chains: readonly string[];
  readonly authorities: string;
}

const CHECK_EVERY_MS = 5_000;

export class Certificates {
  readonly #files: CertificateFiles;
  readonly #options: SecureContextOptions;
  readonly #log: Log;
  #context: SecureContext | undefined;
  #stamp = '';
  #checkedAt = 0;

  constructor(files: CertificateFiles, options: SecureContextOptions, log: Log) {
    this.#files = files;
    this.#options = options;
    this.#log = log;
  }

  /** The context to use now; undefined when there never was one that works. */
  context(now = Date.now()): SecureContext | undefined {
    if (now - this.#checkedAt < CHECK_EVERY_MS) return this.#context;
    this.#checkedAt = now;
    const stamp = this.#fileStamp();
    if (stamp !== this.#stamp || !this.#context) {
      this.#stamp = stamp;
      this.#load();
    }
    return this.#context;
  }

  /** Why the files cannot be used; undefined when they can. */
  problem(): string | undefined {
    try {
      createSecureContext(this.#read());
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  #load(): void {
    const { pairs, chains } = this.#files;
    if (pairs.length + chains.length === 0) return; // nothing to show: there is no TLS
    try {
      this.#context = createSecureContext(this.#read());
    } catch (error) {
      const kept = this.#context ? '; the certificate before stays in use' : '; TLS is not available';
      this.#log.error(`cannot use the TLS certificate or key: ${(error as Error).message}${kept}`);
    }
  }

  #read(): SecureContextOptions {
    const { pairs, chains, authorities } = this.#files;
    const certificates = [...pairs.map(({ cert }) => cert), ...chains].map((path) => readFileSync(path));
    const keys = [...pairs.map(({ key }) => key), ...chains].map((path) => readFileSync(path));
    return {
      ...this.#options,
      cert: certificates,
      key: keys,
      ...(authorities ? { ca: readFileSync(authorities) } : {}),
    };
  }

  #fileStamp(): string {
    const { pairs, chains, authorities } = this.#files;
    const paths = [...pairs.flatMap(({ cert, key }) => [cert, key]), ...chains, authorities].filter(
      (path) => path !== '',
    );
    return paths.map(stampOf).join(' ');
  }
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'missing';
  }
}
