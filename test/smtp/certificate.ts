/**
 * Certificates and keys for loopback tests, made when they are asked for: no private key stands in the repository.
 * They speak for backend.test, localhost and 127.0.0.1. Needs the openssl program.
 */
import { execFileSync } from 'node:child_process';

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const REQUEST = [
  ['req', '-x509', '-nodes', '-days', '365'],
  ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  ['-subj', '/CN=backend.test'],
  ['-addext', 'subjectAltName=DNS:backend.test,DNS:localhost,IP:127.0.0.1'],
  ['-keyout', '-', '-out', '-'],
].flat();

/** Both in PEM; no two are the same. */
export function makeIdentity(): Identity {
  const pem = execFileSync('openssl', REQUEST, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const block = (kind: string) =>
    new RegExp(`-----BEGIN ${kind}-----\n[^-]+-----END ${kind}-----\n`).exec(pem)?.[0] ?? '';
  return { certificate: block('CERTIFICATE'), key: block('PRIVATE KEY') };
}

/** The usual ones of a test file. */
export const { certificate: testCertificate, key: testKey } = makeIdentity();
