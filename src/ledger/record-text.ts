/**
 * A record as it is kept: JSON in which the steps of the trace are lists, because they are most of it. What strangers can
 * make long is cut.
 */
import type { Source } from '../mail/source.ts';
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
  for (const { key, answer } of looked) kept.push(cut(key), answer === undefined ? 0 : cut(answer));
  return kept;
}

function readStep(kept: KeptStep): TraceStep {
  const [stage, recipient, list, restriction, file, line, depth, verdict, ms, ...rest] = kept;
  const source: Source = { file, line };
  const looked: Looked[] = [];
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const answer = rest[at + 1];
    looked.push({ key: String(rest[at]), answer: answer === 0 ? undefined : String(answer) });
  }
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

function cut(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}...` : text;
}
