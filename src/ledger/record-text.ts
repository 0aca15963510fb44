/**
 * A record as it is kept: JSON in which the steps of the trace are lists, because they are most of it. What strangers can
 * make long is cut.
 */
import { formatSource, type Source } from '../mail/source.ts';
import type { Looked, TraceStep } from '../mail/trace.ts';
import type { Attempt } from '../record/attempt.ts';

/** Letters of a key or an answer that are kept. */
const MOST_LETTERS = 400;

type KeptStep = [
  stage: string,
  recipient: string | 0,
  list: string,
  restriction: string,
  file: string,
  line: number,
  depth: number,
  verdict: string,
  ms: number,
  ...looked: (string | 0)[],
];

export function recordText({ trace, ...facts }: Attempt): string {
  const head = JSON.stringify(facts);
  return `${head.slice(0, -1)},"trace":[${trace.map(stepText).join(',')}]}`;
}

/** Written by hand, because every mail has dozens of steps: a third of what JSON.stringify takes. */
function stepText({
  stage,
  recipient,
  list,
  restriction,
  source,
  depth,
  looked,
  verdict,
  ms,
}: TraceStep): string {
  const to = recipient === undefined ? 0 : JSON.stringify(recipient);
  const place = `${word(source.file)},${source.line},${depth}`;
  let text = `[${word(stage)},${to},${word(list)},${word(restriction)},${place},${word(verdict)},${Math.round(ms * 1000) / 1000}`;
  for (const { key, answer, source: row } of looked) {
    const found = answer === undefined ? 0 : JSON.stringify(cut(answer));
    text += `,${JSON.stringify(cut(key))},${found},${row ? word(formatSource(row)) : 0}`;
  }
  return `${text}]`;
}

/** Words of the configuration come again and again. */
const MOST_WORDS = 5_000;
const words = new Map<string, string>();

function word(text: string): string {
  const known = words.get(text);
  if (known !== undefined) return known;
  const quoted = JSON.stringify(text);
  if (words.size >= MOST_WORDS) words.clear();
  words.set(text, quoted);
  return quoted;
}

/** Throws when it is no record. */
export function readRecord(text: string): Attempt {
  const { trace, ...facts } = JSON.parse(text) as Omit<Attempt, 'trace'> & { trace: KeptStep[] };
  return { ...facts, trace: trace.map(readStep) };
}

function readStep(kept: KeptStep): TraceStep {
  const [stage, recipient, list, restriction, file, line, depth, verdict, ms, ...rest] = kept;
  const source: Source = { file, line };
  const looked: Looked[] = [];
  for (let at = 0; at < rest.length; at += LOOKED) looked.push(readLooked(rest.slice(at, at + LOOKED)));
  return {
    stage,
    recipient: recipient === 0 ? undefined : recipient,
    list,
    restriction,
    source,
    depth,
    looked,
    verdict,
    ms,
  };
}

/** Items that something looked up takes: key, answer, row. */
const LOOKED = 3;

function readLooked([key, answer, row]: readonly (string | 0)[]): Looked {
  const [, file = '', line = 0] = /^(.*):(\d+)$/.exec(String(row)) ?? [];
  const source = row === 0 ? {} : { source: { file: file || String(row), line: Number(line) } };
  return { key: String(key), answer: answer === 0 ? undefined : String(answer), ...source };
}

function cut(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}...` : text;
}
