/** A delivery over a connection of the pool; delivery.ts says what it promises. `Postfix: smtpd_proxy.c, smtp_proto.c` */
import type { Recipient } from '../mail/envelope.ts';
import { isRefusal, type Reply, reply } from '../mail/reply.ts';
import type { Log } from '../record/log.ts';
import type { Connection } from '../smtp/connection.ts';
import { introduce } from '../smtp/handshake.ts';
import { breakLines } from '../smtp/line-breaking.ts';
import type { MessageChunks } from '../smtp/message-writer.ts';
import type { Step } from '../smtp/step.ts';
import { refusedBy, WireFault } from '../smtp/wire-fault.ts';
import { factsOf } from './backend-opener.ts';
import type { BackendPool } from './backend-pool.ts';
import type { Delivery, Outcome, OutgoingMessage, Parcel } from './delivery.ts';
import { faultReply, faultSentence, temporary } from './fault-reply.ts';
import type { DeliveringHop } from './next-hop.ts';
import { diedBeforeMail, outcomeOf, passedOn, unexpected } from './next-hop-answer.ts';
import { announceRecipient, announceSender, xclientCommands, xforwardCommands } from './parcel-commands.ts';
import { Unreachable } from './unreachable.ts';

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
    const answer = await this.#answered(() => this.#announce(recipients));
    return Array.isArray(answer) ? answer : recipients.map(() => answer);
  }

  async send(message: OutgoingMessage): Promise<Outcome> {
    const answer = await this.#answered(() => this.#send(message));
    return 'code' in answer ? { reply: answer, refused: [] } : answer;
  }

  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.#failure ??= temporary('4.3.0', 'the mail was abandoned', this.#hop.settings.style);
    const step = this.#connection?.step;
    if (!this.#busy) this.#letGo();
    else if (step === 'data' || step === 'body') this.#connection?.destroy('the mail was abandoned');
  }

  /** Asks one question; when it cannot be answered, that is the answer. */
  async #answered<T>(ask: () => Promise<T>): Promise<T | Reply> {
    if (this.#busy) throw new Error('one question at a time');
    if (this.#failure !== undefined) return this.#failure;
    this.#busy = true;
    try {
      return await ask();
    } catch (error) {
      return this.#fail(error);
    } finally {
      this.#busy = false;
      if (this.#abandoned) this.#letGo();
    }
  }

  /** The transaction may be open at the next hop: it is undone, and the connection used again. */
  #letGo(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) void this.#pool.reset(this.#hop, connection);
  }

  async #announce(recipients: readonly Recipient[]): Promise<Reply | Reply[]> {
    if (this.#connection !== undefined) return this.#ask(this.#connection, [], recipients);
    const connection = await this.#pool.acquire(this.#hop);
    try {
      return await this.#begin(connection, recipients);
    } catch (fault) {
      if (connection.uses === 1 || this.#abandoned || !diedBeforeMail(fault)) throw fault;
    }
    return this.#begin(await this.#pool.fresh(this.#hop), recipients);
  }

  /** XFORWARD, MAIL and the first recipients. */
  async #begin(connection: Connection, recipients: readonly Recipient[]): Promise<Reply | Reply[]> {
    const { tellClient } = this.#hop.settings;
    if (this.#failure !== undefined) {
      this.#pool.release(this.#hop, connection);
      return this.#failure;
    }
    this.#connection = connection;
    this.#backend = connection.name;
    for (const command of xclientCommands(this.#parcel, tellClient, connection.capabilities)) {
      await this.#impersonate(connection, command);
    }
    const can = connection.capabilities;
    const mail = announceSender(this.#parcel, can);
    if (typeof mail === 'string') {
      return this.#ask(
        connection,
        [...xforwardCommands(this.#parcel, this.#hop.settings, can), mail],
        recipients,
      );
    }
    this.#failure = mail;
    this.#connection = undefined;
    this.#pool.release(this.#hop, connection);
    return mail;
  }

  /** `head` (XFORWARD and MAIL, or nothing) and RCPT for each recipient; in one go if the next hop offers that. */
  async #ask(
    connection: Connection,
    head: readonly string[],
    recipients: readonly Recipient[],
  ): Promise<Reply | Reply[]> {
    const can = connection.capabilities;
    const commands = recipients.map((recipient) => announceRecipient(this.#parcel, recipient, can));
    const tail = commands.filter((command) => typeof command === 'string');
    const headSteps = head.map((_, i): Step => (i < head.length - 1 ? 'xforward' : 'mail'));
    const tailSteps = tail.map((): Step => 'rcpt');
    const replies = can.pipelining
      ? await inTurn(connection, [...head, ...tail], [...headSteps, ...tailSteps])
      : await inTurn(connection, head, headSteps);
    const refusal = this.#refusalOf(replies.splice(0, head.length));
    if (refusal !== undefined) {
      this.#failure = refusal;
      this.#letGo();
      return refusal;
    }
    if (!can.pipelining) replies.push(...(await inTurn(connection, tail, tailSteps)));
    return commands.map((command, i) => {
      const answer = typeof command === 'string' ? passedOn(replies.shift(), 'rcpt') : command;
      if (!isRefusal(answer)) this.#accepted.push(recipients[i] as Recipient);
      return answer;
    });
  }

  /** MAIL's refusal; in proxy style XFORWARD's, too. The last reply is MAIL's. */
  #refusalOf(replies: readonly Reply[]): Reply | undefined {
    const { style } = this.#hop.settings;
    for (const [index, said] of replies.entries()) {
      if (index === replies.length - 1) {
        const answer = passedOn(said, 'mail');
        return isRefusal(answer) ? answer : undefined;
      }
      if (said.code < 300) continue;
      const fault = refusedBy(said, 'xforward');
      this.#warn(fault);
      if (style === 'proxy') return faultReply(fault, style);
    }
    return undefined;
  }

  async #send(message: OutgoingMessage): Promise<Outcome | Reply> {
    const connection = this.#connection;
    if (connection === undefined || this.#accepted.length === 0) return NO_RECIPIENTS;
    const go = await connection.command('DATA', 'data');
    if (isRefusal(go)) {
      this.#letGo();
      return passedOn(go, 'data');
    }
    if (go.code !== 354) throw unexpected(go, 'data'); // would it take the message for commands?
    if (this.#abandoned) throw new WireFault('ended', 'body', 'the mail was abandoned');
    const answers = this.#hop.settings.protocol === 'lmtp' ? this.#accepted.length : 1;
    const replies = await connection.sendMessage(this.#lines(message), message.sizeBytes, answers);
    const said = replies.map((reply) => passedOn(reply, 'done'));
    this.#connection = undefined;
    this.#pool.release(this.#hop, connection);
    return outcomeOf(this.#accepted, said);
  }

  #lines(message: OutgoingMessage): MessageChunks {
    const { lineLengthLimit: limit } = this.#hop.settings;
    if (limit === 0) return message.chunks();
    const sentence = `${this.#parcel.queueId}: breaking line > ${limit} bytes with <CR><LF>SPACE`;
    return breakLines(message.chunks(), limit, () => this.#log.info(sentence));
  }

  /** Gives up the connection, and answers for the rest of the mail. A bug is thrown on. */
  #fail(error: unknown): Reply {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.destroy('given up');
    if (error instanceof Unreachable) this.#failure ??= error.reply;
    else if (error instanceof WireFault) {
      if (!this.#abandoned) this.#warn(error);
      this.#failure ??= faultReply(error, this.#hop.settings.style);
    } else throw error;
    return this.#failure;
  }

  #warn(fault: WireFault): void {
    const name = this.#backend ?? this.#hop.text;
    this.#log.warn(faultSentence(fault, name, this.#hop.settings.style), factsOf(name, fault));
  }

  async #impersonate(connection: Connection, command: string): Promise<void> {
    const said = await connection.command(command, 'xforward');
    if (said.code >= 300) throw refusedBy(said, 'xforward');
    await introduce(connection, this.#hop.settings);
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
