/**
 * The story of one attempt for people: who wanted what, every restriction in order with where it stands, what it looked up
 * and what it said, what decided, and what the client heard. Written like a good test failure: the end first.
 */
import { nameAddress } from '../mail/client.ts';
import { formatSource } from '../mail/source.ts';
import type { Looked, TraceStep } from '../mail/trace.ts';
import type { Attempt } from '../record/attempt.ts';
import { attemptTime, OUTCOMES } from './attempt-text.ts';
import { bold, dim, inColourOf, oneLine, terminalText } from './terminal-text.ts';

export interface Told {
  readonly attempt: Attempt;
  /** Other attempts of the same message, in their order. */
  readonly linked: readonly Attempt[];
}

export function storyText({ attempt, linked }: Told): string {
  const parts = [headline(attempt), facts(attempt), ...stages(attempt), decision(attempt), retries(linked)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headline({ id, verdict, stage, time, duration_ms }: Attempt): string {
  const outcome = inColourOf(verdict, `${OUTCOMES[verdict]} at ${stage}`);
  return `${bold(id)}  ${outcome}  ${dim(`${attemptTime(time)}, ${duration(duration_ms)}`)}`;
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function facts(attempt: Attempt): string {
  const { client_name: name, client_address: address, reverse_client_name: reverse } = attempt;
  const unconfirmed = name === 'unknown' && reverse !== 'unknown' ? ` (says ${reverse}, unconfirmed)` : '';
  const { sender, recipients, spf, dkim, dmarc } = attempt;
  const found = { spf, dkim, dmarc };
  const rows: [string, string | undefined][] = [
    ['client', nameAddress({ name, address }) + unconfirmed],
    ['helo', attempt.helo_name],
    ['session', [attempt.protocol, attempt.tls, `service ${attempt.service}`].filter(Boolean).join(', ')],
    ['user', attempt.sasl_username],
    ['from', sender === undefined ? undefined : `<${sender}>`],
    ['to', recipients.length > 0 ? recipients.map((recipient) => `<${recipient}>`).join(' ') : undefined],
    ['message', attempt.message_id && `${attempt.message_id}, ${attempt.size} bytes`],
    ['identity', wordsOf(found)],
    ['virus', attempt.virus],
  ];
  return rows.flatMap(([name, text]) => (text ? [line(name, text)] : [])).join('\n');
}

function wordsOf(found: Readonly<Record<string, string | undefined>>): string | undefined {
  const words = Object.entries(found).flatMap(([name, result]) => (result ? [`${name}=${result}`] : []));
  return words.length > 0 ? words.join(' ') : undefined;
}

function line(name: string, text: string): string {
  return `  ${dim(name.padEnd(10))}${terminalText(oneLine(text))}`;
}

/** A paragraph for each command. */
function stages({ trace }: Attempt): string[] {
  const groups = Map.groupBy(trace, ({ stage, recipient }) =>
    recipient === undefined ? stage : `${stage} <${recipient}>`,
  );
  return [...groups].map(([title, steps]) => [bold(terminalText(title)), ...steps.map(stepLines)].join('\n'));
}

const VERDICTS: Readonly<Record<string, string>> = {
  dunno: 'no opinion',
  permit: 'permits',
  reject: 'REFUSES',
  ask: 'asks',
  warn: 'would refuse',
};

const RESTRICTION_WIDTH = 52;

function stepLines({ list, restriction, source, depth, looked, verdict, ms }: TraceStep): string {
  const name = `${'  '.repeat(depth)}${terminalText(oneLine(restriction))}`;
  const said = inColourOf(verdict, (VERDICTS[verdict] ?? verdict).padEnd(12));
  const where = formatSource(source);
  const head = `  ${list.padEnd(10)}${name.padEnd(RESTRICTION_WIDTH)} ${said} ${dim(`${where}, ${ms.toFixed(1)} ms`)}`;
  return [head, ...looked.map(lookedLine)].join('\n');
}

function lookedLine({ key, answer, source }: Looked): string {
  const found = answer === undefined ? dim('nothing') : terminalText(oneLine(answer));
  const row = source ? dim(` (${formatSource(source)})`) : '';
  return `${' '.repeat(14)}${terminalText(oneLine(key))} ${dim('->')} ${found}${row}`;
}

function decision(attempt: Attempt): string {
  const { restriction, rule, reply, backend, backend_reply: answer } = attempt;
  const by = restriction && (rule && rule !== 'default' ? `${restriction} (${rule})` : restriction);
  const rows: [string, string | undefined][] = [
    ['decided by', by],
    ['next hop', backend && (answer ? `${backend} said: ${answer}` : backend)],
    ['the client', reply === '' ? 'went away before it was told anything' : `heard: ${reply}`],
  ];
  return rows
    .flatMap(([name, text]) => (text ? [`${bold(name.padEnd(12))}${terminalText(oneLine(text))}`] : []))
    .join('\n');
}

function retries(linked: readonly Attempt[]): string {
  if (linked.length === 0) return '';
  const lines = linked.map(
    ({ id, time, verdict, stage, reply }) =>
      `  ${attemptTime(time)}  ${inColourOf(verdict, OUTCOMES[verdict].padEnd(12))} ${stage}: ${terminalText(oneLine(reply))}  ${dim(id)}`,
  );
  return [bold('other attempts with this sender and recipient'), ...lines].join('\n');
}
