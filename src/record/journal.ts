/**
 * Tells what happens: a line for the log, as Postfix writes it, and a record for the ledger.
 * `Postfix: log_whatsup`, smtpd, cleanup, qmgr and smtp lines; fail2ban, pflogsumm and people read them.
 * It decides nothing and never fails: a mail does not wait for its story.
 */
import { nameAddress } from '../mail/client.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { MessageFacts } from '../mail/message.ts';
import { type Reply, replyText } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { formatSource, type Source } from '../mail/source.ts';
import type { Trace } from '../mail/trace.ts';
import type { Attempt, AttemptSink, AttemptVerdict } from './attempt.ts';
import type { Log } from './log.ts';
import { bracketed } from './screen-log.ts';

/** What is known of an attempt when it ends. */
export interface Ending {
  /** The message's id, or one made for this refusal; the reply can carry it (`$ledger_id`). */
  readonly id: string;
  readonly session: Session;
  readonly envelope?: Envelope | undefined;
  /** The recipient in question, where it is about one. */
  readonly recipient?: string | undefined;
  readonly stage: string;
  readonly verdict: AttemptVerdict;
  /** Undefined: the client left before it was told anything. */
  readonly reply: Reply | undefined;
  readonly restriction?: string | undefined;
  readonly rule?: Source | undefined;
  readonly trace?: Trace | undefined;
  readonly messageId?: string | undefined;
  readonly backend?: string | undefined;
  readonly backendReply?: string | undefined;
  readonly facts?: MessageFacts | undefined;
  /** In whose words the log tells of it; undefined: smtpd's. */
  readonly program?: 'postscreen';
}

export class Journal {
  readonly #log: Log;
  readonly #sink: AttemptSink | undefined;

  constructor(log: Log, sink: AttemptSink | undefined) {
    this.#log = log;
    this.#sink = sink;
  }

  connected(session: Session): void {
    this.#log.info(`connect from ${nameAddress(session.client)}`, { session: session.id });
  }

  /** `counts`: ` ehlo=1 mail=1 quit=1 commands=3`. */
  disconnected(session: Session, counts: string): void {
    this.#log.info(`disconnect from ${nameAddress(session.client)}${counts}`, { session: session.id });
  }

  /** A connection that ended without QUIT. */
  lost(session: Session, envelope: Envelope | undefined, reason: string, stage: string): void {
    this.#log.info(`${queueId(envelope)}: ${reason} after ${stage} from ${nameAddress(session.client)}`);
  }

  /** A transaction begins. */
  began(session: Session, envelope: Envelope): void {
    const { sasl, forwarded } = session;
    const login = sasl ? `, sasl_method=${sasl.method}, sasl_username=${sasl.username}` : '';
    const origin = forwarded ? `, orig_client=${forwarded.name}[${forwarded.address}]` : '';
    this.#log.info(`${envelope.id}: client=${nameAddress(session.client)}${login}${origin}`);
  }

  /** `reject`, `reject_warning`, `warn`, `info`, `hold`, `discard`, `filter`, `redirect`, `bcc`: one line, as Postfix writes it. */
  remark(
    what: string,
    stage: string,
    text: string,
    about: Pick<Ending, 'session' | 'envelope' | 'recipient'>,
    facts?: Readonly<Record<string, unknown>>,
  ): void {
    const { session, envelope } = about;
    const where = `${queueId(envelope)}: ${what}: ${stage} from ${nameAddress(session.client)}`;
    this.#log.info(`${where}: ${text};${whatsup(about)}`, { event: what, stage, ...facts });
  }

  /** The judges have refused something. */
  ended(ending: Ending & { reply: Reply }): void {
    const { stage, reply, program } = ending;
    const attempt = attemptOf(ending);
    const facts = factsOf(attempt);
    if (program === 'postscreen')
      this.#log.info(screenLine(ending), { event: 'reject', ...facts, daemon: program });
    else this.remark('reject', stage, replyText(reply), ending, facts);
    this.#sink?.keep(attempt);
  }

  /** Something ended in another way, of which lines above tell already. */
  left(ending: Ending): void {
    const attempt = attemptOf(ending);
    const { id, verdict, stage } = attempt;
    this.#log.aside?.(`${id}: ${verdict} at ${stage}`, { event: 'left', ...factsOf(attempt) });
    this.#sink?.keep(attempt);
  }

  /** A message was handed on. */
  delivered(ending: Ending & { envelope: Envelope; reply: Reply }): void {
    const { envelope, backend = 'none', backendReply = '', messageId } = ending;
    const { id, size, recipients } = envelope;
    const ms = Date.now() - envelope.startedAt;
    const delay = (ms / 1000).toFixed(2);
    this.#log.info(`${id}: message-id=${messageId ?? '<>'}`, { daemon: 'cleanup' });
    const count = `nrcpt=${recipients.length} (queue active)`;
    this.#log.info(`${id}: from=<${envelope.sender.text}>, size=${size}, ${count}`, { daemon: 'qmgr' });
    const [status, unsaid] = FATES[ending.verdict];
    const dsn = ending.reply.status || `${Math.trunc(ending.reply.code / 100)}.0.0`;
    for (const { address } of recipients) {
      const to = `to=<${address.text}>, relay=${backend}, delay=${delay}, delays=${delay}/0/0/0`;
      this.#log.info(`${id}: ${to}, dsn=${dsn}, status=${status} (${backendReply || unsaid})`, {
        daemon: 'smtp',
      });
    }
    const attempt = attemptOf(ending);
    this.#log.info(`${id}: removed`, { event: 'delivered', ...factsOf(attempt), daemon: 'qmgr' });
    this.#sink?.keep(attempt);
  }
}

/** What became of a mail, as Postfix's delivery agents say it, and why where no next hop said anything. `Postfix: discard(8)`. */
const FATES: Readonly<Record<AttemptVerdict, readonly [status: string, unsaid: string]>> = {
  accept: ['sent', ''],
  reject: ['bounced', ''],
  defer: ['deferred', ''],
  abandon: ['deferred', ''],
  discard: ['sent', 'discarded'],
  quarantine: ['held', 'in quarantine'],
};

function queueId(envelope: Envelope | undefined): string {
  return envelope?.recipients.length ? envelope.id : 'NOQUEUE';
}

/** `Postfix: postscreen_smtpd.c`, psc_rcpt_cmd. */
function screenLine(ending: Ending & { reply: Reply }): string {
  const { session, envelope, recipient, stage, reply } = ending;
  const parts = [
    ...(envelope ? [`from=<${envelope.sender.text}>`] : []),
    ...(recipient === undefined ? [] : [`to=<${recipient}>`]),
    `proto=${session.protocol}`,
    `helo=<${session.helo ?? ''}>`,
  ];
  const where = `NOQUEUE: reject: ${stage} from ${bracketed(session.client)}`;
  return `${where}: ${replyText(reply)}; ${parts.join(', ')}`;
}

/** ` from=<a> to=<b> proto=ESMTP helo=<c>`, as far as known. */
function whatsup({
  session,
  envelope,
  recipient,
}: Pick<Ending, 'session' | 'envelope' | 'recipient'>): string {
  const parts: string[] = [];
  if (envelope) parts.push(`from=<${envelope.sender.text}>`);
  const to = recipient ?? envelope?.recipients[0]?.address.text;
  if (to !== undefined) parts.push(`to=<${to}>`);
  parts.push(`proto=${session.protocol}`);
  if (session.helo !== undefined) parts.push(`helo=<${session.helo}>`);
  if (session.sasl)
    parts.push(`sasl_method=${session.sasl.method}`, `sasl_username=${session.sasl.username}`);
  return ` ${parts.join(' ')}`;
}

/** RFC 3848: `ESMTPSA` and the like. */
export function protocolName({ protocol, tls, sasl }: Session, smtputf8 = false): string {
  if (smtputf8) return `UTF8SMTP${tls ? 'S' : ''}${sasl ? 'A' : ''}`;
  return protocol === 'SMTP' ? 'SMTP' : `ESMTP${tls ? 'S' : ''}${sasl ? 'A' : ''}`;
}

/** The record as the log tells it: a line has a time of its own, and of the trace the names are enough. */
function factsOf({ time: _, dmarc_report: __, trace, ...facts }: Attempt): Readonly<Record<string, unknown>> {
  return { ...facts, trace: trace.map(({ restriction }) => restriction) };
}

function attemptOf(ending: Ending): Attempt {
  const { session, envelope, facts } = ending;
  const { client } = session;
  const startedAt = envelope?.startedAt ?? session.startedAt;
  const recipients = envelope?.recipients.map(({ address }) => address.text) ?? [];
  return {
    id: ending.id,
    time: new Date(startedAt).toISOString(),
    service: session.service,
    client_address: client.address,
    client_name: client.name,
    reverse_client_name: client.reverseName,
    helo_name: session.helo,
    protocol: protocolName(session, envelope?.options.smtputf8),
    tls: session.tls ? `${session.tls.protocol} ${session.tls.cipher}` : undefined,
    sasl_username: session.sasl?.username,
    sender: envelope?.sender.text,
    recipients: ending.recipient === undefined ? recipients : [ending.recipient],
    size: envelope?.size ?? 0,
    message_id: ending.messageId,
    stage: ending.stage,
    verdict: ending.verdict,
    reply: ending.reply ? replyText(ending.reply) : '',
    restriction: ending.restriction,
    rule: ending.rule && formatSource(ending.rule),
    backend: ending.backend,
    backend_reply: ending.backendReply,
    spf: facts?.spf,
    dkim: facts?.dkim,
    dmarc: facts?.dmarc,
    virus: facts?.virus,
    dmarc_report: facts?.dmarcReport,
    duration_ms: Date.now() - startedAt,
    trace: ending.trace?.steps ?? [],
    session: session.id,
  };
}
