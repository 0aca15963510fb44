/** A delivery over a connection of the pool; delivery.ts says what it promises. `Postfix: smtpd_proxy.c, smtp_proto.c` */
import type { Recipient } from '../mail/envelope.ts';
import { isRefusal, type Reply, reply, replyText } from '../mail/reply.ts';
import type { Log } from '../record/log.ts';
import type { Capabilities } from '../smtp/capabilities.ts';
import { attributeCommands } from '../smtp/client-attributes.ts';
import type { Connection } from '../smtp/connection.ts';
import { isInternational, mailCommand, rcptCommand } from '../smtp/envelope-commands.ts';
import { introduce } from '../smtp/handshake.ts';
import type { Step } from '../smtp/step.ts';
import { refusedBy, WireFault } from '../smtp/wire-fault.ts';
import { factsOf } from './backend-opener.ts';
import type { BackendPool } from './backend-pool.ts';
import { clientFacts, forwardedFacts } from './client-facts.ts';
import type { Delivery, Outcome, OutgoingMessage, Parcel } from './delivery.ts';
import { faultReply, faultSentence, temporary } from './fault-reply.ts';
import type { DeliveringHop } from './next-hop.ts';
import { Unreachable } from './unreachable.ts';

const BAD_SENDER = reply(501, '5.1.7', 'Bad sender address syntax');
const BAD_RECIPIENT = reply(501, '5.1.3', 'Bad recipient address syntax');
const NO_SMTPUTF8 = reply(553, '5.6.7', 'SMTPUTF8 is required, but was not offered by the next hop');
const NO_REQUIRETLS = reply(550, '5.7.30', 'REQUIRETLS is required, but was not offered by the next hop');
const NO_RECIPIENTS = reply(554, '5.5.1', 'Error: no valid recipients');

export class BackendDelivery implements Delivery {
  readonly #pool: BackendPool;
  readonly #hop: DeliveringHop;
  readonly #parcel: Parcel;
  readonly #log: Log;
  #connection: Connection | undefined;
  #backend: string | undefined;
  /** Once set, the answer to every question. */
  #failure: Reply | undefined;
  readonly #accepted: Recipient[] = [];
  #busy = false;
  #abandoned = false;

  constructor(pool: BackendPool, hop: DeliveringHop, parcel: Parcel, log: Log) {
    this.#pool = pool;
    this.#hop = hop;
    this.#parcel = parcel;
    this.#log = log;
  }

  get backend(): string | undefined {
    return this.#backend;
  }

  async recipient(recipient: Recipient): Promise<Reply> {
    const [answer] = await this.recipients([recipient]);
    return answer as Reply;
  }

  async recipients(recipients: readonly Recipient[]): Promise<Reply[]> {
    this.#begin();
    let answer: Reply | Reply[];
    try {
      if (this.#failure !== undefined) answer = this.#failure;
      else if (this.#connection === undefined) answer = await this.#open(recipients);
      else answer = await this.#announce(this.#connection, [], recipients);
    } catch (error) {
      answer = this.#fail(error);
    }
    this.#end();
    return Array.isArray(answer) ? answer : recipients.map(() => answer as Reply);
  }

  async send(message: OutgoingMessage): Promise<Outcome> {
    this.#begin();
    let outcome: Outcome;
    try {
      outcome = await this.#send(message);
    } catch (error) {
      outcome = { reply: this.#fail(error), refused: [] };
    }
    this.#end();
    return outcome;
  }

  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.#failure ??= temporary('4.3.0', 'the mail was abandoned', this.#hop.settings.style);
    const step = this.#connection?.step;
    if (!this.#busy) this.#letGo();
    else if (step === 'data' || step === 'body') this.#connection?.destroy('the mail was abandoned');
  }

  #begin(): void {
    if (this.#busy) throw new Error('one question at a time');
    this.#busy = true;
  }

  #end(): void {
    this.#busy = false;
    if (this.#abandoned) this.#letGo();
  }

  /** The transaction may be open at the next hop: it is undone, and the connection used again. */
  #letGo(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) void this.#pool.reset(this.#hop, connection);
  }

  async #open(recipients: readonly Recipient[]): Promise<Reply | Reply[]> {
    const connection = await this.#pool.acquire(this.#hop);
    try {
      return await this.#start(connection, recipients);
    } catch (fault) {
      if (connection.uses === 1 || this.#abandoned || !diedBeforeMail(fault)) throw fault;
    }
    return this.#start(await this.#pool.fresh(this.#hop), recipients);
  }

  async #start(connection: Connection, recipients: readonly Recipient[]): Promise<Reply | Reply[]> {
    if (this.#failure !== undefined) {
      this.#pool.release(this.#hop, connection);
      return this.#failure;
    }
    this.#connection = connection;
    this.#backend = connection.name;
    if (this.#hop.settings.tellClient === 'xclient') await this.#impersonate(connection);
    const mail = this.#mailCommand(connection.capabilities);
    if (typeof mail !== 'string') {
      this.#connection = undefined;
      this.#pool.release(this.#hop, connection);
      this.#failure = mail;
      return mail;
    }
    return this.#announce(connection, [...this.#xforwardCommands(connection.capabilities), mail], recipients);
  }

  /** `head` (XFORWARD and MAIL, or nothing) and RCPT for each recipient; in one go if the next hop offers that. */
  async #announce(
    connection: Connection,
    head: readonly string[],
    recipients: readonly Recipient[],
  ): Promise<Reply | Reply[]> {
    const can = connection.capabilities;
    const commands = recipients.map((recipient) => this.#rcptCommand(recipient, can));
    const tail = commands.filter((command) => typeof command === 'string');
    const steps: Step[] = head.map((_, i) => (i < head.length - 1 ? 'xforward' : 'mail'));
    if (can.pipelining) for (const _ of tail) steps.push('rcpt');
    const replies = await inTurn(connection, can.pipelining ? [...head, ...tail] : head, steps);
    const refusal = this.#headRefusal(connection, replies.splice(0, head.length));
    if (refusal !== undefined) {
      this.#failure = refusal;
      this.#letGo();
      return refusal;
    }
    if (!can.pipelining)
      replies.push(
        ...(await inTurn(
          connection,
          tail,
          tail.map(() => 'rcpt'),
        )),
      );
    return commands.map((command, i) => {
      const answer = typeof command === 'string' ? passedOn(replies.shift(), 'rcpt') : command;
      if (!isRefusal(answer)) this.#accepted.push(recipients[i] as Recipient);
      return answer;
    });
  }

  #headRefusal(connection: Connection, replies: readonly Reply[]): Reply | undefined {
    const { style } = this.#hop.settings;
    for (const [index, said] of replies.entries()) {
      if (index === replies.length - 1) {
        const answer = passedOn(said, 'mail');
        if (isRefusal(answer)) return answer;
      } else if (said.code >= 300) {
        const fault = refusedBy(said, 'xforward');
        this.#log.warn(faultSentence(fault, connection.name, style), factsOf(connection.name, fault));
        if (style === 'proxy') return faultReply(fault, style);
      }
    }
    return undefined;
  }

  async #send(message: OutgoingMessage): Promise<Outcome> {
    const connection = this.#connection;
    if (this.#failure !== undefined) return { reply: this.#failure, refused: [] };
    if (connection === undefined || this.#accepted.length === 0) return { reply: NO_RECIPIENTS, refused: [] };
    const go = await connection.command('DATA', 'data');
    if (isRefusal(go)) {
      this.#letGo();
      return { reply: passedOn(go, 'data'), refused: [] };
    }
    if (go.code !== 354) throw unexpected(go, 'data'); // would it take the message for commands?
    if (this.#abandoned) throw new WireFault('ended', 'body', 'the mail was abandoned');
    const answers = this.#hop.settings.protocol === 'lmtp' ? this.#accepted.length : 1;
    const replies = await connection.sendMessage(message.chunks(), message.sizeBytes, answers);
    const outcome = outcomeOf(
      this.#accepted,
      replies.map((said) => passedOn(said, 'done')),
    );
    this.#connection = undefined;
    this.#pool.release(this.#hop, connection);
    return outcome;
  }

  /** Says it in the log, gives up the connection, and answers for the rest of the mail. */
  #fail(error: unknown): Reply {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.destroy('given up');
    if (error instanceof Unreachable) this.#failure ??= error.reply;
    else if (error instanceof WireFault) {
      const { style, name } = { style: this.#hop.settings.style, name: this.#backend ?? this.#hop.text };
      if (!this.#abandoned) this.#log.warn(faultSentence(error, name, style), factsOf(name, error));
      this.#failure ??= faultReply(error, style);
    } else throw error;
    return this.#failure;
  }

  async #impersonate(connection: Connection): Promise<void> {
    const { settings } = this.#hop;
    const facts = clientFacts(this.#parcel.session);
    for (const command of attributeCommands('XCLIENT', connection.capabilities.xclient, facts)) {
      const said = await connection.command(command, 'xforward');
      if (said.code >= 300) throw refusedBy(said, 'xforward');
      await introduce(connection, settings);
    }
  }

  #xforwardCommands(can: Capabilities): string[] {
    if (this.#hop.settings.tellClient !== 'xforward' || can.xforward.length === 0) return [];
    const { session, envelope, queueId } = this.#parcel;
    return attributeCommands('XFORWARD', can.xforward, forwardedFacts(session, envelope, queueId));
  }

  #mailCommand(can: Capabilities): string | Reply {
    const { sender, options } = this.#parcel.envelope;
    if (options.smtputf8 && !can.smtputf8 && isInternational(sender)) return NO_SMTPUTF8;
    if (options.requireTls && !can.requireTls) return NO_REQUIRETLS;
    return mailCommand(sender, options, can) ?? BAD_SENDER;
  }

  #rcptCommand(recipient: Recipient, can: Capabilities): string | Reply {
    const { smtputf8 } = this.#parcel.envelope.options;
    if (smtputf8 && !can.smtputf8 && isInternational(recipient.address)) return NO_SMTPUTF8;
    return rcptCommand(recipient.address, recipient.options, can) ?? BAD_RECIPIENT;
  }
}

/** All at once with PIPELINING, else one after the other. RFC 2920 */
async function inTurn(
  connection: Connection,
  lines: readonly string[],
  steps: readonly Step[],
): Promise<Reply[]> {
  if (lines.length === 0) return [];
  if (connection.capabilities.pipelining || lines.length === 1) return connection.exchange(lines, steps);
  const replies: Reply[] = [];
  for (const [index, line] of lines.entries())
    replies.push(await connection.command(line, steps[index] ?? 'rcpt'));
  return replies;
}

/** The connection was closed while it was kept, or just now, and nothing of this mail was acknowledged. */
function diedBeforeMail(fault: unknown): boolean {
  if (!(fault instanceof WireFault)) return false;
  const early = fault.step === 'mail' || fault.step === 'xforward';
  return early && (fault.kind === 'lost' || (fault.kind === 'refused' && fault.reply?.code === 421));
}

/** A yes or a no as the client is to hear it; 521 would end the client's session. Anything else is no answer. */
function passedOn(said: Reply | undefined, step: Step): Reply {
  if (said === undefined || (said.code >= 300 && said.code < 400)) throw unexpected(said, step);
  return said.code === 521 ? { ...said, code: 554 } : said;
}

function unexpected(said: Reply | undefined, step: Step): WireFault {
  return new WireFault('garbage', step, `unexpected "${said === undefined ? '' : replyText(said)}"`, said);
}

function outcomeOf(accepted: readonly Recipient[], replies: readonly Reply[]): Outcome {
  const refused = accepted.flatMap((recipient, i) => {
    const said = replies[i] ?? (replies[0] as Reply);
    return isRefusal(said) ? [{ recipient, reply: said }] : [];
  });
  const yes = replies.find((said) => !isRefusal(said));
  if (yes !== undefined) return { reply: yes, refused: replies.length > 1 ? refused : [] };
  const later = replies.find((said) => said.code < 500);
  return { reply: later ?? (replies[0] as Reply), refused: [] };
}
