/**
 * main.cf: `name = value`, each parameter with the lines it was written in. `Postfix: postconf(5), split_nameval.c`.
 * Nothing is expanded or judged here; the last of several settings of one parameter wins.
 */
import type { Source } from '../mail/source.ts';
import type { Complain } from './complaint.ts';
import { leftOutRemedy } from './left-out.ts';
import { type LogicalLine, logicalLines } from './logical-lines.ts';
import type { SourceText } from './source-text.ts';

/** A parameter as it was set. */
export interface Assignment {
  readonly name: string;
  /** The raw value: nothing expanded, blanks at both ends gone. */
  readonly value: SourceText;
  /** The line of the name. */
  readonly source: Source;
}

/** Reads the text of main.cf; lines that are no setting are errors, as in Postfix. */
export function parseMainCf(text: string, file: string, complain: Complain): Map<string, Assignment> {
  const assignments = new Map<string, Assignment>();
  for (const line of logicalLines(text, file, complain)) {
    const read = splitNameValue(line.content);
    if ('problem' in read) {
      complain(noSetting(line, read.problem));
      continue;
    }
    const earlier = assignments.get(read.name);
    const assignment = { ...read, source: line.source };
    if (earlier !== undefined) complain(repeated(earlier, assignment));
    assignments.set(read.name, assignment);
  }
  return assignments;
}

/** `name = value`; what is wrong when it is not. `Postfix: split_nameval`. */
export function splitNameValue(text: SourceText): { name: string; value: SourceText } | { problem: string } {
  const match = /^[\t-\r ]*([^\t-\r =]+)[\t-\r ]*(=?)/.exec(text.text);
  const name = match?.[1];
  if (match === null || name === undefined) return { problem: 'there is no name before the "="' };
  if (match[2] === '') return { problem: `there is no "=" after "${name}"` };
  return { name, value: text.slice(match[0].length).trim() };
}

function noSetting(line: LogicalLine, problem: string) {
  return {
    source: line.source,
    severity: 'error' as const,
    problem: `cannot read "${line.content.text.trim().slice(0, 60)}": ${problem}`,
    remedy:
      leftOutRemedy(line.content.text.trim().split(/\s/)[0] ?? '') ??
      'write: name = value; a line that continues the one above begins with a blank',
  };
}

function repeated(earlier: Assignment, later: Assignment) {
  const same = earlier.value.text === later.value.text;
  return {
    source: later.source,
    severity: same ? ('note' as const) : ('warning' as const),
    problem: `${later.name} is set again${same ? ' to the same value' : ''}; line ${earlier.source.line} (${later.name} = ${excerpt(earlier.value.text)}) is overridden`,
    remedy: 'the last setting is in force; remove one of them',
  };
}

function excerpt(value: string): string {
  return value.replace(/\s+/g, ' ').slice(0, 60);
}
