/** A password from a person at the terminal, who does not see it and types it twice; or from standard input, one line. */
import type { ReadStream } from 'node:tty';

/** More than any password may have; nothing is read without end. */
const MAX_CHARACTERS = 4096;

/** What went wrong, in words for the person. */
export class NoPassword extends Error {}

/** Asks at the terminal when there is one, else reads the first line of standard input. */
export async function readPassword(name: string): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) return firstLine(stdin);
  const first = await ask(`New password for ${name}: `, stdin);
  const second = await ask('Again: ', stdin);
  if (first === second) return first;
  throw new NoPassword('the two passwords are not the same; nothing was changed');
}

async function firstLine(input: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.includes('\n')) break;
    if (text.length > MAX_CHARACTERS) throw new NoPassword('this is too long for a password');
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '');
}

/** Reads a line without showing it. */
function ask(prompt: string, terminal: ReadStream): Promise<string> {
  terminal.setRawMode(true); // before the prompt, after which somebody begins to type
  process.stderr.write(prompt);
  terminal.setEncoding('utf8');
  terminal.resume();
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (act: () => void) => {
      terminal.off('data', take);
      terminal.setRawMode(false);
      terminal.pause();
      process.stderr.write('\n');
      act();
    };
    const take = (chunk: string) => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return finish(() => resolve(text));
        if (character === CTRL_C || character === CTRL_D) {
          return finish(() => reject(new NoPassword('nothing was changed')));
        }
        text = edited(text, character);
      }
    };
    terminal.on('data', take);
  });
}

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_U = '\x15';
const BACKSPACES = ['\x7f', '\b'];

function edited(text: string, character: string): string {
  if (BACKSPACES.includes(character)) return [...text].slice(0, -1).join('');
  if (character === CTRL_U) return '';
  return text.length < MAX_CHARACTERS ? text + character : text;
}
