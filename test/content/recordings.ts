/**
 * Messages that Postfix 3.7.11 took, with what it said, logged and delivered; recorded over SMTP on a private instance.
 * `{{a*2048}}` stands for 2,048 times `a`. `delivered: true`: as it came. Our own Received field is left out, what is
 * added and differs each time is `ADDED`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Recording {
  readonly title: string;
  /** Lines of main.cf. */
  readonly main: readonly string[];
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** The client is one of ours. */
  readonly local?: true;
  readonly messages: readonly RecordedMessage[];
}

export interface RecordedMessage {
  readonly sender?: string;
  /** One character per octet. */
  readonly data: string;
  /** The refusal; nothing else is told. */
  readonly reply?: string;
  readonly log?: readonly string[];
  /** Who got it, when not the recipient. */
  readonly to?: readonly string[];
  /** Undefined: it was thrown away. */
  readonly delivered?: string | true;
}

const directory = join(import.meta.dirname, 'recordings');

export function readRecordings(): Recording[] {
  return readdirSync(directory)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Recording);
}

/** Writes out what was squeezed. */
export function unsqueezed(text: string): string {
  return text.replace(/\{\{(.)\*(\d+)\}\}/gs, (_whole, c: string, count: string) => c.repeat(Number(count)));
}
