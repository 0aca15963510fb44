/**
 * One connection to a next hop: command lines out, replies in, one exchange at a time. No policy: what is said is the
 * caller's business (handshake.ts, the relay). RFC 5321 4.2, RFC 2920 (several commands in one exchange), RFC 2033.
 * Every wait has a deadline. When anything is unclear (time-out, unexpected bytes, a closed socket) the connection is
 * destroyed and whoever waits gets a WireFault; it never reconnects by itself.
 */
import type { ConnectionOptions } from 'node:tls';
import { encodeOctets } from '../mail/octets.ts';
import { type Reply, replyText } from '../mail/reply.ts';
import { type Capabilities, plainCapabilities } from './capabilities.ts';
import { Channel, type ChannelListener, type Endpoint } from './channel.ts';
import { Deadline } from './deadline.ts';
import { type MessageChunks, MessageWriter } from './message-writer.ts';
import { ReplyReader } from './reply-reader.ts';
import type { Deadlines, Step } from './step.ts';
import { systemErrorText } from './system-error.ts';
import { refusedBy, WireFault } from './wire-fault.ts';

/** After QUIT nobody cares how long the next hop takes to hang up. */
const farewellMs = 2_000;

/** Somebody waits for so many replies. */
interface Exchange {
  readonly steps: readonly Step[];
  readonly replies: Reply[];
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (fault: WireFault) => void;
}

export class Connection implements ChannelListener {
  /** `name[address]:port`, as it stands in the log. */
  readonly name: string;
  /** What its last EHLO said. */
  capabilities: Capabilities = plainCapabilities();
  /** Whether it speaks TLS. */
  secured = false;
  /** How often it was used; its owner counts. */
  uses = 0;
  /** On the clock of performance.now(). */
  readonly openedAt = performance.now();
  /** Called once, when the connection cannot be used any more. */
  onGone: (() => void) | undefined;

  readonly #channel: Channel;
  readonly #wrapper: ConnectionOptions | undefined;
  readonly #deadlines: Deadlines;
  readonly #deadline = new Deadline(() => this.#expired());
  readonly #reader = new ReplyReader();
  #exchange: Exchange | undefined;
  /** What the exchange waits for before its replies. */
  #phase: 'connect' | 'starttls' | 'body' | undefined = 'connect';
  #fault: WireFault | undefined;
  #writer: MessageWriter | undefined;

  /** Starts to connect, in TLS from the first byte when `wrapper` is given. `Postfix: smtp_tls_wrappermode` */
  constructor(name: string, endpoint: Endpoint, deadlines: Deadlines, wrapper?: ConnectionOptions) {
    this.name = name;
    this.#deadlines = deadlines;
    this.#wrapper = wrapper;
    this.#channel = new Channel(endpoint, this);
  }

  /** What it waits for. */
  get step(): Step {
    return this.#phase ?? this.#exchange?.steps[this.#exchange.replies.length] ?? 'quit';
  }

  /** Whether commands can still be sent. */
  get usable(): boolean {
    return this.#fault === undefined;
  }

  /** Waits until it is connected and greeted. To be called first, and at once. */
  async greeting(): Promise<Reply> {
    const greeting = this.#expect(['greeting']);
    this.#enter('connect');
    return only(await greeting);
  }

  /** Turns to TLS; what was learned in the clear is forgotten. RFC 3207 4.2 */
  async startTls(options: ConnectionOptions): Promise<void> {
    this.capabilities = plainCapabilities();
    const done = this.#expect(['starttls']);
    if (this.#fault === undefined) this.#secure(options, () => this.#settle());
    await done;
  }

  /** One command, one reply. */
  async command(line: string, step: Step): Promise<Reply> {
    return only(await this.exchange([line], [step]));
  }

  /**
   * Sends command lines (without CRLF) and waits for as many replies as there are steps. Rejects with a WireFault.
   * A line with CR, LF or NUL is a mistake of the caller's: it throws, and nothing is sent.
   */
  exchange(lines: readonly string[], steps: readonly Step[]): Promise<Reply[]> {
    const commands = commandBytes(lines);
    const replies = this.#expect(steps);
    if (this.#fault === undefined) this.#channel.write(commands);
    return replies;
  }

  /**
   * Sends a message and the final dot, with back pressure, and waits for that many replies (LMTP has one for each
   * accepted recipient). A refusal that comes before the end resolves as the only reply, and the connection is gone:
   * what was left of the message was not sent. When the chunks cannot be read, nothing ends the message.
   */
  sendMessage(chunks: MessageChunks, sizeBytes: number, replies = 1): Promise<Reply[]> {
    const answer = this.#expect(new Array<Step>(replies).fill('done'));
    if (this.#fault !== undefined) return answer;
    this.#enter('body');
    this.#writer = new MessageWriter(this.#channel, () => this.#enter('body'));
    this.#writer.write(chunks, sizeBytes).then(
      (isWhole) => isWhole && this.#enter(undefined),
      (error: unknown) => this.destroy(`the message cannot be read: ${systemErrorText(error)}`),
    );
    return answer;
  }

  /** Nothing is to be said for so many milliseconds; then, or when the next hop says anything, it is gone. */
  park(idleMs: number): void {
    this.#deadline.arm(idleMs);
  }

  /** Says good-bye without waiting for an answer. `Postfix: smtp_skip_quit_response` */
  quit(): void {
    if (this.#fault !== undefined) return;
    this.#over(new WireFault('ended', 'quit', 'closed'));
    this.#channel.end('QUIT\r\n');
    this.#deadline.arm(Math.min(this.#deadlines.quit, farewellMs));
  }

  /** Hangs up in the middle of whatever is going on; who waits gets a WireFault with this reason. */
  destroy(why: string): void {
    this.#fail(new WireFault('ended', this.step, why));
  }

  onConnect(): void {
    if (this.#fault !== undefined) return;
    if (this.#wrapper === undefined) this.#enter(undefined);
    else this.#secure(this.#wrapper, () => this.#enter(undefined));
  }

  onData(chunk: Buffer): void {
    if (this.#fault !== undefined) return;
    try {
      this.#reader.push(chunk, (reply) => this.#reply(reply));
    } catch (error) {
      this.#fail(new WireFault('garbage', this.step, (error as Error).message));
    }
  }

  onDrain(): void {
    this.#writer?.drained();
  }

  onEnd(error: Error | undefined): void {
    if (this.#fault !== undefined) {
      this.#deadline.cancel();
      this.#channel.destroy();
      return;
    }
    const kind = this.#phase === 'connect' ? 'connect' : this.#phase === 'starttls' ? 'tls' : 'lost';
    this.#fail(new WireFault(kind, this.step, systemErrorText(error)));
  }

  #secure(options: ConnectionOptions, onReady: () => void): void {
    this.#enter('starttls');
    this.#channel.secure(options, () => {
      this.secured = true;
      this.#phase = undefined;
      onReady();
    });
  }

  #expect(steps: readonly Step[]): Promise<Reply[]> {
    if (this.#exchange !== undefined) throw new Error('one exchange at a time');
    const step = steps[0] ?? 'quit';
    if (this.#fault === undefined && !this.#reader.idle) {
      this.#fail(new WireFault('garbage', step, 'half a reply that nobody asked for'));
    }
    if (this.#fault !== undefined) return Promise.reject(this.#fault.at(step));
    return new Promise((resolve, reject) => {
      this.#exchange = { steps, replies: [], resolve, reject };
      this.#deadline.arm(this.#deadlines[step]);
    });
  }

  #enter(phase: 'connect' | 'starttls' | 'body' | undefined): void {
    if (this.#fault !== undefined) return;
    this.#phase = phase;
    this.#deadline.arm(this.#deadlines[this.step]);
  }

  #reply(reply: Reply): void {
    const { step } = this;
    const exchange = this.#exchange;
    if (this.#fault !== undefined) return;
    if (reply.code === 421) this.#fail(refusedBy(reply, step));
    else if (exchange === undefined || (this.#phase !== undefined && reply.code < 400)) {
      this.#fail(new WireFault('garbage', step, `unexpected "${replyText(reply)}"`));
    } else this.#answer(exchange, reply);
  }

  #answer(exchange: Exchange, reply: Reply): void {
    exchange.replies.push(reply);
    if (this.#phase === 'body') {
      this.#settle();
      this.destroy('refused before the end of the message');
    } else if (exchange.replies.length === exchange.steps.length) this.#settle();
    else this.#deadline.arm(this.#deadlines[this.step]);
  }

  #settle(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#writer?.stop();
    this.#writer = undefined;
    this.#deadline.disarm();
    exchange?.resolve(exchange.replies);
  }

  #expired(): void {
    if (this.#fault !== undefined) this.#channel.destroy();
    else if (this.#exchange === undefined) this.quit();
    else if (this.#phase === 'connect')
      this.#fail(new WireFault('connect', 'connect', 'Connection timed out'));
    else this.#fail(new WireFault('timeout', this.step, ''));
  }

  #fail(fault: WireFault): void {
    if (this.#fault !== undefined) return;
    this.#over(fault);
    this.#deadline.cancel();
    this.#channel.destroy();
  }

  #over(fault: WireFault): void {
    const exchange = this.#exchange;
    this.#fault = fault;
    this.#exchange = undefined;
    this.#phase = undefined;
    exchange?.reject(fault);
    this.#writer?.stop();
    this.onGone?.();
  }
}

function only(replies: Reply[]): Reply {
  const [reply] = replies;
  if (reply === undefined) throw new Error('an exchange without a reply');
  return reply;
}

function commandBytes(lines: readonly string[]): Buffer | string {
  const text = `${lines.join('\r\n')}\r\n`;
  for (const line of lines) {
    if (/[\r\n\0]/.test(line)) throw new Error(`a command must be one line: ${JSON.stringify(line)}`);
  }
  return /^[\0-\x7f]*$/.test(text) ? text : encodeOctets(text);
}
