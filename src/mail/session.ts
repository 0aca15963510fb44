/**
 * A session lives from accept to close: who the client is, what it said of itself, how it is protected and who has
 * logged in. Mail belongs to an Envelope (envelope.ts); RSET lets go of that and touches nothing here.
 */
import type { Client } from './client.ts';

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly protocol: string;
  readonly cipher: string;
  /** Secret bits used, and bits of the algorithm. */
  readonly usedBits: number;
  readonly algorithmBits: number;
  readonly sni: string;
  /** What the client's certificate says, when it showed one. Fingerprints are `AA:BB:...`. */
  readonly certificate?: {
    readonly subject: string;
    readonly issuer: string;
    readonly trusted: boolean;
    readonly fingerprint: string;
    readonly publicKeyFingerprint: string;
  };
}

export interface SaslFacts {
  readonly method: string;
  readonly username: string;
}

/** What an upstream MTA says of the original client. `Postfix: XFORWARD`. */
export interface Forwarded {
  readonly name: string;
  readonly address: string;
  readonly port: string;
  readonly helo: string;
  readonly protocol: string;
  readonly ident: string;
  /** Whether the mail was submitted locally or came from elsewhere. */
  readonly domain: 'local' | 'remote';
}

export interface Session {
  /** Unique among all sessions of all gateways: it links log lines, ledger records and replies. */
  readonly id: string;
  /** The service's name as in master.cf: `smtp`, `submission`, `127.0.0.1:10025`. */
  readonly service: string;
  client: Client;
  /** Where the client connected to. */
  server: { readonly address: string; readonly port: string };
  /** As the client said it, made printable; undefined before HELO or EHLO. */
  helo: string | undefined;
  protocol: 'SMTP' | 'ESMTP';
  tls: TlsFacts | undefined;
  sasl: SaslFacts | undefined;
  forwarded: Forwarded | undefined;
  /** The client has sent commands that it had to wait with. `Postfix: reject_unauth_pipelining`. */
  unauthorizedPipelining: boolean;
  /** When it was accepted, in milliseconds since 1970. */
  readonly startedAt: number;
}
