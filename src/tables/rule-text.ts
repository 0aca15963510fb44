/**
 * Where the rules of cidr, regexp and pcre tables come from: a file, or the table's name, `cidr:{ {rule}, {rule} }`.
 * `Postfix: dict_stream.c`.
 */
import { encodeOctets } from '../mail/octets.ts';
import type { Source } from '../mail/source.ts';
import type { Complaint } from '../settings/complaint.ts';
import { splitTokens } from '../settings/tokens.ts';
import { extractBraces } from './braces.ts';
import { FileComplaints } from './file-complaints.ts';
import { BadTableName, type KindContext } from './kind.ts';
import type { Reader } from './source-file.ts';

export interface RuleText<C> {
  /** The rules in force. Throws LookupFailure when there are none. */
  readonly content: C;
  readonly loading: Promise<void> | undefined;
  sourceAt(line: number): Source;
  complaints(): Complaint[];
  close(): void;
}

/** Reads the rules of a name. Throws BadTableName. */
export function openRuleText<C>(name: string, context: KindContext, reader: Reader<C>): RuleText<C> {
  return name.startsWith('{') ? inlineText(name, context, reader) : fileText(name, context, reader);
}

function fileText<C>(name: string, context: KindContext, reader: Reader<C>): RuleText<C> {
  const { files } = context;
  const file = files.open(name, context, reader);
  const shown = files.shown(files.path(name));
  return {
    get content() {
      return file.content;
    },
    get loading() {
      return file.loading;
    },
    sourceAt: (line) => ({ file: shown, line }),
    complaints: () => file.complaints(),
    close: () => files.close(file),
  };
}

function inlineText<C>(name: string, { type, source }: KindContext, reader: Reader<C>): RuleText<C> {
  const form = `write ${type}:{ {rule}, {rule} }`;
  const lines: string[] = [];
  const list = extractBraces(name);
  if (list.kind === 'problem') throw new BadTableName(list.problem, form);
  for (const item of splitTokens(list.text)) {
    const rule = extractBraces(item);
    if (rule.kind === 'problem') throw new BadTableName(rule.problem, form);
    lines.push(`${rule.text}\n`);
  }
  const complaints = new FileComplaints(source.file, source.line);
  const content = read(reader(encodeOctets(lines.join('')), complaints));
  return {
    content,
    loading: undefined,
    sourceAt: () => source,
    complaints: () => complaints.all(),
    close() {},
  };
}

function read<C>(work: Generator<void, C>): C {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
