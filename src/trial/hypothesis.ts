/** A mail that might come: who would send what to whom, over which service. */
import type { NameStatus } from '../mail/client.ts';
import type { TlsFacts } from '../mail/session.ts';

export interface Hypothesis {
  /** The name in master.cf; undefined: the first SMTP service. */
  readonly service?: string | undefined;
  readonly client: {
    readonly address: string;
    /** Undefined: what the DNS says. */
    readonly names?: HypotheticalNames | undefined;
  };
  /** Undefined: the client says no HELO. */
  readonly helo?: string | undefined;
  readonly protocol?: 'SMTP' | 'ESMTP' | undefined;
  readonly tls?: TlsFacts | undefined;
  readonly saslUsername?: string | undefined;
  /** Internal form; empty for the null sender; undefined: it stops before MAIL. */
  readonly sender?: string | undefined;
  readonly recipients: readonly string[];
  /** As it would stand in a file, any line ends; undefined: it stops before the content. */
  readonly message?: Buffer | undefined;
  /** What MAIL would declare, bytes. */
  readonly sizeBytes?: number | undefined;
}

export interface HypotheticalNames {
  readonly name: string;
  readonly nameStatus: NameStatus;
  readonly reverseName: string;
  readonly reverseNameStatus: NameStatus;
}

/** A client whose address and name lead to each other. */
export function confirmedNames(name: string): HypotheticalNames {
  return { name, nameStatus: 'ok', reverseName: name, reverseNameStatus: 'ok' };
}

export const HYPOTHETICAL_TLS: TlsFacts = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  usedBits: 256,
  algorithmBits: 256,
  sni: '',
};
