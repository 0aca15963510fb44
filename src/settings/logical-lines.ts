/**
 * Logical lines of main.cf and master.cf: a line that begins with a blank continues the one above; empty lines and
 * lines whose first character is `#` are left out, also between the parts of one logical line.
 * `Postfix: postconf(5), readlline.c`. Text after a null byte is dropped, as Postfix does without saying so.
 */
import type { Source } from '../mail/source.ts';
import type { Complain } from './complaint.ts';
import { SourceText, SourceTextBuilder } from './source-text.ts';

export interface LogicalLine {
  readonly content: SourceText;
  /** Where it begins. */
  readonly source: Source;
}

/** Splits a file's text; `file` is the name that complaints and traces show. */
export function logicalLines(text: string, file: string, complain: Complain): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let parts: { line: string; source: Source }[] = [];
  let orphaned = false;
  const flush = () => {
    const first = parts[0];
    if (first !== undefined) lines.push({ content: join(parts), source: first.source });
    parts = [];
  };
  for (const [index, whole] of withoutMark(text).split('\n').entries()) {
    const source = { file, line: index + 1 };
    if (/^[\t-\r ]*(?:#|$)/.test(whole)) continue;
    const line = untilNull(whole, source, complain);
    if (!/^[\t-\r ]/.test(whole)) {
      flush();
      orphaned = false;
      parts.push({ line, source });
    } else if (parts.length > 0) parts.push({ line, source });
    else if (!orphaned) {
      orphaned = true;
      complain(continuesNothing(whole, source));
    }
  }
  flush();
  return lines;
}

function join(parts: readonly { line: string; source: Source }[]): SourceText {
  const joined = new SourceTextBuilder();
  for (const part of parts) joined.add(SourceText.of(part.line, part.source));
  return joined.finish();
}

/** Without the byte order mark that some editors put in front. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function untilNull(line: string, source: Source, complain: Complain): string {
  const end = line.indexOf('\0');
  if (end < 0) return line;
  complain({
    source,
    severity: 'warning',
    problem: 'the line has a null byte',
    remedy: 'what stands behind it is not read',
  });
  return line.slice(0, end);
}

function continuesNothing(line: string, source: Source) {
  return {
    source,
    severity: 'warning' as const,
    problem: `"${line.trim().slice(0, 30)}" begins with a blank, but there is no line before it to continue`,
    remedy: 'it is not read; a parameter begins in the first column',
  };
}
