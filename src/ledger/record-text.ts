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
  return JSON.stringify({ ...facts, trace: trace.map(keptStep) });
}

/** Throws when it is no record. */
export function readRecord(text: string): Attempt {
  const { trace, ...facts } = JSON.parse(text) as Omit<Attempt, 'trace'> & { trace: KeptStep[] };
  return { ...facts, trace: trace.map(readStep) };
}

function keptStep({
  stage,
  recipient,
  list,
  restriction,
  source,
  depth,
  looked,
  verdict,
  ms,
}: TraceStep): KeptStep {
  const kept: KeptStep = [
    stage,
    recipient ?? 0,
    list,
    restriction,
    source.file,
    source.line,
    depth,
    verdict,
    Math.round(ms * 1000) / 1000,
  ];
  for (const { key, answer, source: row } of looked) {
    kept.push(cut(key), answer === undefined ? 0 : cut(answer), row ? formatSource(row) : 0);
  }
  return kept;
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
