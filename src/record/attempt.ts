/** The story of one attempt to send mail, as the ledger keeps it and as the log tells it in JSON. */
import type { TraceStep } from '../mail/trace.ts';

export type AttemptVerdict =
  | 'accept'
  | 'reject'
  | 'defer'
  | 'discard'
  | 'quarantine'
  /** The client left before anything was decided. */
  | 'abandon';

/** One JSON object per attempt, from connect on, whatever its end. The names are fixed for those who read them. */
export interface Attempt {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly service: string;
  readonly client_address: string;
  readonly client_name: string;
  readonly reverse_client_name: string;
  readonly helo_name: string | undefined;
  /** `SMTP`, `ESMTP`, `ESMTPS`, `ESMTPSA`, ... RFC 3848. */
  readonly protocol: string;
  readonly tls: string | undefined;
  readonly sasl_username: string | undefined;
  readonly sender: string | undefined;
  readonly recipients: readonly string[];
  readonly size: number;
  readonly message_id: string | undefined;
  /** CONNECT EHLO MAIL RCPT DATA END-OF-MESSAGE. */
  readonly stage: string;
  readonly verdict: AttemptVerdict;
  /** What the client was told. */
  readonly reply: string;
  /** What decided, and where it is written: `main.cf:12`. */
  readonly restriction: string | undefined;
  readonly rule: string | undefined;
  /** The next hop and what it said. */
  readonly backend: string | undefined;
  readonly backend_reply: string | undefined;
  readonly spf: string | undefined;
  readonly dkim: string | undefined;
  readonly dmarc: string | undefined;
  readonly virus: string | undefined;
  /** A row for the aggregate report that the domain in From asks for. */
  readonly dmarc_report: object | undefined;
  readonly duration_ms: number;
  readonly trace: readonly TraceStep[];
  /** Links the attempts of one session. */
  readonly session: string;
}

/** Where attempts are kept. Never throws and never waits: the ledger must not hold up mail. */
export interface AttemptSink {
  keep(attempt: Attempt): void;
}
