/**
 * master.cf: one service a line, eight columns and the arguments of its program. `Postfix: master(5), master_ent.c`.
 * Says what stands there; what a service is to the gateway is decided in programs.ts.
 */
import { basename } from 'node:path';
import type { Source } from '../mail/source.ts';
import type { Complain } from './complaint.ts';
import { type LogicalLine, logicalLines } from './logical-lines.ts';
import { type Assignment, splitNameValue } from './main-cf.ts';
import type { SourceText } from './source-text.ts';
import { insideBraces, textTokens, WORD_SEPARATORS } from './tokens.ts';

export type ServiceType = 'inet' | 'unix' | 'unix-dgram' | 'fifo' | 'pass';

/** A line of master.cf. */
export interface MasterEntry {
  /** `smtp`, `127.0.0.1:10025`, `private/policy`. */
  readonly name: string;
  readonly type: ServiceType;
  readonly private: boolean;
  /** The most processes, or connections; 0 is no limit. */
  readonly maxConnections: number;
  /** Without its directory. */
  readonly program: string;
  /** What `-o` sets. */
  readonly overrides: ReadonlyMap<string, Assignment>;
  /** What is left behind the options. */
  readonly arguments: readonly SourceText[];
  readonly source: Source;
}

const types: readonly ServiceType[] = ['inet', 'unix', 'unix-dgram', 'fifo', 'pass'];
const COLUMNS = 'name, type, private, unprivileged, chroot, wakeup, maxproc, command';

/** Reads the text of master.cf. Lines that make no service are errors, and left out. */
export function parseMasterCf(text: string, file: string, complain: Complain): MasterEntry[] {
  const entries: MasterEntry[] = [];
  for (const line of logicalLines(text, file, complain)) {
    const entry = parseEntry(line, complain);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function parseEntry({ content, source }: LogicalLine, complain: Complain): MasterEntry | undefined {
  const fields = textTokens(content, WORD_SEPARATORS);
  const [name, type, hidden, unprivileged, chroot, wakeup, maxproc, program] = fields.map(({ text }) => text);
  if (name === undefined || program === undefined) {
    complain(
      wrong(source, `"${content.text.trim().slice(0, 60)}" has ${fields.length} columns`, `write ${COLUMNS}`),
    );
    return undefined;
  }
  const known = types.find((candidate) => candidate === type);
  if (known === undefined) {
    complain(wrong(source, `service ${name} is of type "${type}"`, `write one of ${types.join(', ')}`));
    return undefined;
  }
  const column = (value: string | undefined, good: RegExp, title: string, wanted: string) => {
    if (!good.test(value ?? '')) {
      complain(wrong(source, `service ${name}: ${title} is "${value}"`, `write ${wanted}`));
    }
  };
  column(
    hidden,
    known === 'inet' ? /^n$/ : /^[yn-]$/,
    'private',
    known === 'inet' ? 'n, since anybody can connect' : 'y, n or -',
  );
  column(unprivileged, /^[yn-]$/, 'unprivileged', 'y, n or -');
  column(chroot, /^[yn-]$/, 'chroot', 'y, n or -');
  column(wakeup, /^(?:-|\d+\??)$/, 'wakeup', 'a number of seconds or -');
  column(maxproc, /^(?:-|\d{1,9})$/, 'maxproc', 'a number of connections or -');
  return {
    name,
    type: known,
    private: hidden !== 'n',
    maxConnections: /^\d{1,9}$/.test(maxproc ?? '') ? Number(maxproc) : 0,
    program: basename(program),
    source,
    ...readOptions(name, fields.slice(8), complain),
  };
}

type Options = Pick<MasterEntry, 'overrides' | 'arguments'>;

/** `-o name=value`, `-o { name = value }`, `-v`, and the arguments behind them. `Postfix: postconf_master.c`. */
function readOptions(service: string, words: readonly SourceText[], complain: Complain): Options {
  const overrides = new Map<string, Assignment>();
  let at = 0;
  for (; words[at]?.text.startsWith('-') === true; at++) {
    const word = words[at];
    if (word === undefined || word.text === '--') break;
    const option = word.text.indexOf('o', 1);
    if (option < 0) continue;
    const setting = word.text.length > option + 1 ? word.slice(option + 1) : words[++at];
    if (setting === undefined) {
      complain(wrong(word.sourceAt(0), `service ${service}: -o without a setting`, 'write -o name=value'));
    } else {
      readOverride(service, setting, overrides, complain);
    }
  }
  if (words[at]?.text === '--') at++;
  return { overrides, arguments: words.slice(at).map((word) => argument(service, word, complain)) };
}

function readOverride(
  service: string,
  setting: SourceText,
  overrides: Map<string, Assignment>,
  complain: Complain,
): void {
  const braced = setting.text.startsWith('{');
  const read = splitNameValue(braced ? argument(service, setting, complain) : setting);
  const source = setting.sourceAt(0);
  if ('problem' in read) {
    complain(wrong(source, `service ${service}: -o ${setting.text}: ${read.problem}`, spacedForm));
    return;
  }
  const earlier = overrides.get(read.name);
  if (earlier !== undefined && earlier.value.text !== read.value.text) {
    complain({
      source,
      severity: 'warning',
      problem: `service ${service} sets ${read.name} again; line ${earlier.source.line} is overridden`,
      remedy: 'the last setting is in force; remove one of them',
    });
  }
  overrides.set(read.name, { ...read, source });
}

const spacedForm = 'write -o name=value without blanks, or -o { name = value with blanks }';

/** An argument without the braces that held it together. */
function argument(service: string, word: SourceText, complain: Complain): SourceText {
  if (!word.text.startsWith('{')) return word;
  const { inside, problem } = insideBraces(word);
  if (problem !== undefined) {
    complain(
      wrong(word.sourceAt(0), `service ${service}: ${word.text}: ${problem}`, 'close each "{" with "}"'),
    );
  }
  return inside;
}

function wrong(source: Source, problem: string, remedy: string) {
  return { source, severity: 'error' as const, problem, remedy };
}
