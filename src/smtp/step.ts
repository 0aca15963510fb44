/**
 * The steps of a conversation with a next hop: how long each may take and how the log calls it.
 * Speaks for Postfix's `smtp_*_timeout` parameters, and `smtpd_proxy_timeout`, which is one limit for all of them.
 */

/** What we are waiting for. `body`: the next hop takes the message's bytes; `done`: its answer to the final dot. */
export type Step =
  | 'connect'
  | 'greeting'
  | 'helo'
  | 'starttls'
  | 'login'
  | 'xforward'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'done'
  | 'rset'
  | 'quit';

/** Milliseconds for each step; `body` is the longest pause while the message is sent. */
export type Deadlines = Readonly<Record<Step, number>>;

/** RFC 5321 4.5.3.2. `Postfix: smtp_connect_timeout, smtp_helo_timeout, smtp_starttls_timeout, smtp_xforward_timeout ...` */
export const defaultDeadlines: Deadlines = {
  connect: 30_000,
  greeting: 300_000,
  helo: 300_000,
  starttls: 300_000,
  login: 300_000,
  xforward: 300_000,
  mail: 300_000,
  rcpt: 300_000,
  data: 120_000,
  body: 180_000,
  done: 600_000,
  rset: 20_000,
  quit: 300_000,
};

/** The same limit for every step, in milliseconds. `Postfix: smtpd_proxy_timeout` */
export function uniformDeadlines(timeoutMs: number): Deadlines {
  const steps = Object.keys(defaultDeadlines) as Step[];
  return Object.fromEntries(steps.map((step) => [step, timeoutMs])) as Record<Step, number>;
}

/** As it stands behind `while` in the log. */
export const stepPhrase: Readonly<Record<Step, string>> = {
  connect: 'connecting',
  greeting: 'receiving the initial server greeting',
  helo: 'performing the EHLO handshake',
  starttls: 'performing the TLS handshake',
  login: 'performing the SASL login',
  xforward: 'sending XFORWARD',
  mail: 'sending MAIL FROM',
  rcpt: 'sending RCPT TO',
  data: 'sending DATA command',
  body: 'sending message body',
  done: 'sending end of data -- message may be sent more than once',
  rset: 'sending RSET',
  quit: 'sending QUIT',
};
