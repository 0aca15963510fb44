/**
 * How long a client may keep us waiting. Parameters: smtpd_timeout, smtpd_per_request_deadline, smtpd_min_data_rate.
 * Usually each sign of life starts the time anew; with a deadline per request a whole command must come in time, and
 * message bytes earn time at the least rate. `Postfix: smtp_stream.c`.
 */
export interface PatienceOptions {
  readonly timeoutMs: number;
  readonly perRequest: boolean;
  /** Bytes per second. */
  readonly minDataRate: number;
}

export class Patience {
  readonly #options: PatienceOptions;
  /** When it ends, milliseconds since 1970. */
  deadline = Number.POSITIVE_INFINITY;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** It is the client's turn: a new command, or the message. */
  begin(now: number): void {
    this.deadline = now + this.#options.timeoutMs;
  }

  /** Something came, though not all of it. */
  heard(now: number, messageBytes: number): void {
    const { perRequest, timeoutMs, minDataRate } = this.#options;
    if (!perRequest) this.deadline = now + timeoutMs;
    else if (messageBytes > 0 && minDataRate > 0) {
      const earned = this.deadline + (messageBytes * 1000) / minDataRate;
      this.deadline = Math.min(now + timeoutMs, earned);
    }
  }

  /** It is our turn; what we wait for ourselves has deadlines of its own. */
  suspend(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }
}
