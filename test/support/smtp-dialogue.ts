/** A client that says one line, waits for the reply, and says the next; for tests that look at what remains of it. */
import { connect } from 'node:net';

/** How long the gateway may take for one answer. */
const ANSWER_MS = 10_000;

export interface Caller {
  /** Says something and gives the whole reply to it, without the last line end. */
  say(text: string): Promise<string>;
  /** Hangs up without a word. */
  hangUp(): Promise<void>;
}

/** Connects; the greeting has been heard. */
export async function call(port: number, from = '127.0.0.1'): Promise<Caller> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true });
  let text = '';
  let wake = () => {};
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
    wake();
  });
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const reply = () =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply, only "${text}"`)), ANSWER_MS);
      const look = () => {
        const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text)?.[0];
        if (whole === undefined) return;
        clearTimeout(timer);
        text = text.slice(whole.length);
        resolve(whole.slice(0, -2));
      };
      wake = look;
      look();
    });
  await reply();
  return {
    say(line) {
      socket.write(`${line}\r\n`);
      return reply();
    },
    async hangUp() {
      socket.destroy();
      await ended;
    },
  };
}

/** Says all lines, QUIT at the end, and gives the replies. */
export async function dialogue(port: number, lines: readonly string[], from?: string): Promise<string[]> {
  const caller = await call(port, from);
  const replies: string[] = [];
  for (const line of [...lines, 'QUIT']) replies.push(await caller.say(line));
  await caller.hangUp();
  return replies;
}
