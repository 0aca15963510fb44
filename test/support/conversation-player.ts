/** Plays a dialogue against a running gateway, in whole writes or byte by byte, and notes what was really said. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Received } from '../smtp/fake-backend.ts';
import type { Dialogue } from './conversation-file.ts';
import { SmtpClient } from './smtp-client.ts';

export type Manner = 'whole' | 'byte by byte';

/** How long the gateway may take for one answer. */
const ANSWER_MS = 10_000;

/** The transcript: what the client sent and what it heard, `C: ` and `S: ` in front. */
export async function play(dialogue: Dialogue, port: number, manner: Manner): Promise<string[]> {
  const client = new SmtpClient(port, dialogue.clientAddress);
  const transcript: string[] = [];
  try {
    for (const { sent, written, heard } of dialogue.exchanges) {
      await send(client, sent, manner);
      transcript.push(...written);
      for (let i = 0; i < heard.length; i++) transcript.push(`S: ${await client.line(ANSWER_MS)}`);
    }
  } finally {
    client.close();
  }
  return transcript;
}

/** The dialogue as it should be, in the same form. */
export function wanted({ exchanges }: Dialogue): string[] {
  return exchanges.flatMap(({ written, heard }) => [...written, ...heard.map((line) => `S: ${line}`)]);
}

/** Whether a line is what was wanted: `*` is any text, `ID` a mail's id. */
export function isLike(line: string, pattern: string): boolean {
  const parts = pattern.split(/(\*|\bID\b)/).map((part) => {
    if (part === '*') return '.*';
    return part === 'ID' ? '[0-9A-Za-z]{10,}' : part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`).test(line);
}

/** What arrived at the next hop, in the form of a `== delivered` section. */
export function deliveryText({ sender, recipients, wire, xforward }: Received): string {
  const message = wire
    .toString('utf8')
    .replace(/^Received: [^\r]*\r\n(?:[ \t][^\r]*\r\n)*/m, '')
    .split('\r\n')
    .slice(0, -1);
  const lines = message.map((line) => `| ${line.replace(/^\./, '')}`.trimEnd());
  const commands = [sender, ...recipients, ...xforward].map((text) => Buffer.from(text, 'latin1').toString());
  return [...commands, ...lines].join('\n');
}

async function send(client: SmtpClient, bytes: Buffer, manner: Manner): Promise<void> {
  if (manner === 'whole') return client.write(bytes);
  for (const byte of bytes) {
    client.write(Buffer.from([byte]));
    await nextTurn();
  }
}
