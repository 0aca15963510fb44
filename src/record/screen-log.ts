/**
 * Lines of the log about a client before its greeting, and about one that is heard and taken nothing from; as Postfix
 * writes them, so that fail2ban and people know them. `Postfix: postscreen.c, postscreen_misc.c, dnsblog.c`.
 */
import type { Session } from '../mail/session.ts';
import type { Log } from './log.ts';

/** What is being done with the client. */
export type ScreenPhase = 'before' | 'after';

export class ScreenLog {
  readonly #log: Log;
  /** `[192.0.2.1]:1234` */
  readonly #client: string;
  readonly #session: Session;
  #phase: ScreenPhase = 'before';
  #since = performance.now();

  constructor(log: Log, session: Session) {
    this.#log = log;
    this.#session = session;
    this.#client = bracketed(session.client);
  }

  connected(): void {
    this.#tell(`CONNECT from ${this.#client} to ${bracketed(this.#session.server)}`);
  }

  /** `PASS NEW`, `ALLOWLISTED`, ... */
  told(what: string): void {
    this.#tell(`${what} ${this.#client}`);
  }

  /** Of something the client did: `PREGREET 11 after 0.08 from [192.0.2.1]:1234: EHLO x\r\n`. */
  spoke(bytes: number, text: string): void {
    this.#tell(`PREGREET ${bytes} after ${this.#elapsed} from ${this.#client}: ${text}`);
  }

  ranked(score: number): void {
    this.#tell(`DNSBL rank ${score} for ${this.#client}`);
  }

  listed(zone: string, answer: string): void {
    const sentence = `addr ${this.#session.client.address} listed by domain ${zone} as ${answer}`;
    this.#log.info(sentence, { daemon: 'dnsblog' });
  }

  unanswered(query: string, why: string): void {
    this.#log.warn(`dnsblog_query: lookup error for DNS query ${query}: ${why}`, { daemon: 'dnsblog' });
  }

  /** A refusal that is not worth a record of its own: `NOQUEUE: reject: CONNECT from [192.0.2.1]:1234: text`. */
  turnedAway(text: string): void {
    this.#tell(`NOQUEUE: reject: CONNECT from ${this.#client}: ${text}`);
  }

  without(verb: string): void {
    this.#tell(`${verb} without valid RCPT from ${this.#client}`);
  }

  /** From here on times are counted anew. */
  begin(phase: ScreenPhase): void {
    this.#phase = phase;
    this.#since = performance.now();
  }

  /** The connection is no more. `reason`: why, unless we or a QUIT have ended it. */
  ended(reason: string | undefined, stage: string): void {
    if (reason === 'timeout') this.#tell(`COMMAND TIME LIMIT from ${this.#client} after ${stage}`);
    else if (reason !== undefined) {
      const where = `in tests ${this.#phase} SMTP handshake`;
      this.#tell(`HANGUP after ${this.#elapsed} from ${this.#client} ${where}`);
    }
    this.told('DISCONNECT');
  }

  get #elapsed(): string {
    return secondsText(performance.now() - this.#since);
  }

  #tell(sentence: string): void {
    this.#log.info(sentence, { daemon: 'postscreen', session: this.#session.id });
  }
}

/** `[192.0.2.1]:1234` */
export function bracketed({ address, port }: { readonly address: string; readonly port: string }): string {
  return `[${address}]:${port}`;
}

/** Seconds with two digits that count, at most hundredths. `Postfix: format_tv.c`. */
export function secondsText(ms: number): string {
  const seconds = ms / 1_000;
  const digits = seconds >= 10 ? 0 : seconds >= 1 ? 1 : 2;
  return String(Number(seconds.toFixed(digits)));
}
