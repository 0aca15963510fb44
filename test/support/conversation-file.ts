/**
 * Dialogues as files: a title, what the gateway is given, and what is said. Sections begin with `== `:
 *
 *     A recipient elsewhere is refused
 *     == main.cf                 lines behind the usual ones; master.cf, "file NAME" and dns likewise
 *     == next hop                rcpt <nobody@ours.test>: 550 5.1.1 no such user
 *     offers: XFORWARD NAME      a keyword besides the usual ones
 *     == session from 127.0.0.5 [to SERVICE]
 *     S: 220 gw.test ESMTP Postfix
 *     C: HELO there              consecutive C:, D: and X: lines go out together; D: is message text
 *     X: BDAT 3\r\nabc           bytes as they are, with \r \n \t \0 \xNN \\
 *     S: 250 gw.test             ID stands for a mail's id, * for any text, <closed> for the end
 *     == delivered               or "none"
 *     MAIL FROM:<a@far.test>     sender, recipients, and after "| " the message without our Received field
 *     == log                     lines that must be there, * as above
 */
import { readFileSync } from 'node:fs';
import type { Script, Stage } from '../smtp/fake-backend.ts';
import type { GatewayPlan } from './running-gateway.ts';

const OFFERS = 'offers: ';

export interface Exchange {
  /** What the client sends, and how that is written in the file. */
  readonly sent: Buffer;
  readonly written: readonly string[];
  /** What it hears, line by line. */
  readonly heard: readonly string[];
}

export interface Dialogue {
  readonly clientAddress: string;
  readonly service: string | undefined;
  readonly exchanges: readonly Exchange[];
}

export interface ConversationFile {
  readonly title: string;
  readonly plan: GatewayPlan;
  readonly dialogues: readonly Dialogue[];
  /** One text for each mail; undefined: not looked at. */
  readonly delivered: readonly string[] | undefined;
  readonly log: readonly string[];
}

export function readConversation(path: string): ConversationFile {
  const [title = '', ...lines] = readFileSync(path, 'utf8').split('\n');
  const sections: { head: string; lines: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('== ')) sections.push({ head: line.slice(3).trim(), lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  const text = (head: string) =>
    sections
      .filter((section) => section.head === head)
      .map((section) => `${section.lines.join('\n').trimEnd()}\n`)
      .join('');
  const filled = (head: string) =>
    text(head)
      .split('\n')
      .filter((line) => line.trim() !== '');
  const files = sections.filter(({ head }) => head.startsWith('file '));
  const master = text('master.cf');
  return {
    title,
    plan: {
      mainCf: text('main.cf'),
      ...(master === '' ? {} : { masterCf: master }),
      files: Object.fromEntries(files.map(({ head, lines: own }) => [head.slice(5), `${own.join('\n')}\n`])),
      zone: filled('dns'),
      script: script(filled('next hop').filter((line) => !line.startsWith(OFFERS))),
      offers: filled('next hop').flatMap((line) =>
        line.startsWith(OFFERS) ? [line.slice(OFFERS.length)] : [],
      ),
    },
    dialogues: sections.filter(({ head }) => head.startsWith('session ')).map(dialogue),
    delivered: delivered(sections),
    log: filled('log'),
  };
}

function dialogue({ head, lines }: { head: string; lines: string[] }): Dialogue {
  const [, clientAddress = '127.0.0.1', service] = /^session from (\S+)(?: to (\S+))?$/.exec(head) ?? [];
  const exchanges: { sent: Buffer; written: string[]; heard: string[] }[] = [];
  const begin = () => exchanges.push({ sent: Buffer.alloc(0), written: [], heard: [] });
  begin();
  for (const line of lines.filter((one) => one.trim() !== '')) {
    const [, who = '', text = ''] = /^([CDSX]): ?(.*)$/.exec(line) ?? [];
    const bytes = BYTES[who]?.(text);
    if (!bytes && who !== 'S') throw new Error(`"${line}" begins with none of C: D: S: X:`);
    if (bytes && (exchanges.at(-1)?.heard.length ?? 0) > 0) begin();
    const last = exchanges.at(-1) as (typeof exchanges)[number];
    if (!bytes) last.heard.push(text);
    else {
      last.sent = Buffer.concat([last.sent, bytes]);
      last.written.push(line);
    }
  }
  return { clientAddress, service, exchanges };
}

/** What goes over the wire for a line. */
const BYTES: Readonly<Record<string, (text: string) => Buffer>> = {
  C: (text) => Buffer.from(`${text}\r\n`),
  D: (text) => Buffer.from(`${text}\r\n`),
  X: unescaped,
};

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

function unescaped(text: string): Buffer {
  const parts = text.split(/(\\x[0-9a-fA-F]{2}|\\.)/);
  return Buffer.concat(
    parts.map((part) => {
      if (part.startsWith('\\x')) return Buffer.from(part.slice(2), 'hex');
      return Buffer.from(part.startsWith('\\') ? (ESCAPES[part.slice(1)] ?? part) : part);
    }),
  );
}

/** `rcpt <a@b>: 550 no` */
function script(lines: readonly string[]): Script {
  const rules = lines.map((line) => {
    const [, stage = '', pattern = '', reply = ''] = /^(\w+)\s*(\S*?):\s*(.*)$/.exec(line) ?? [];
    return { stage: stage as Stage, pattern, reply };
  });
  const made: Script = {};
  for (const { stage } of rules) {
    made[stage] = (argument) => {
      const rule = rules.find((one) => one.stage === stage && argument.includes(one.pattern));
      return rule && { reply: rule.reply };
    };
  }
  return made;
}

function delivered(sections: readonly { head: string; lines: string[] }[]): string[] | undefined {
  const found = sections.filter(({ head }) => head.startsWith('delivered'));
  if (found.length === 0) return undefined;
  return found
    .filter(({ head }) => head !== 'delivered none')
    .map(({ lines }) => lines.filter((line) => line.trim() !== '').join('\n'));
}
