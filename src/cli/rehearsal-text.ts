/** What a rehearsal found: as JSON, and for people. */

import type { ChangeKind } from '../trial/change.ts';
import type { ChangeGroup, Example, RehearsalReport } from '../trial/rehearsal-report.ts';
import { attemptTime } from './attempt-text.ts';
import { bold, dim, inColourOf, oneLine, terminalText } from './terminal-text.ts';

/** Examples that are shown to people. */
const SHOWN = 5;
const SHOWN_NAMES = 10;

const TITLES: Readonly<Record<ChangeKind, { readonly verdict: string; readonly words: string }>> = {
  refused: { verdict: 'reject', words: 'would be refused, and came through' },
  accepted: {
    verdict: 'accept',
    words: 'would come through (as far as the envelope goes), and were refused',
  },
  harder: { verdict: 'reject', words: 'would be refused for good, and were deferred' },
  softer: { verdict: 'defer', words: 'would be deferred, and were refused for good' },
};

export function rehearsalFacts(report: RehearsalReport) {
  const { attempts, changes, undecided, missing, groups } = report;
  return {
    attempts,
    changes,
    undecided,
    missing: Object.fromEntries(missing),
    groups: groups.map(({ examples, ...group }) => ({ ...group, examples: examples.map(exampleFacts) })),
  };
}

function exampleFacts({ before, after, recipient, isCorrespondent }: Example) {
  return {
    id: before.id,
    time: before.time,
    client_address: before.client_address,
    client_name: before.client_name,
    sender: before.sender,
    recipient,
    correspondent: isCorrespondent,
    before: before.reply,
    after: after.reply,
  };
}

export function rehearsalText(report: RehearsalReport): string {
  const { attempts, changes, undecided, groups } = report;
  const head = `${attempts} attempts judged again: ${changes === 0 ? 'nothing would change' : `${changes} would fare otherwise`}`;
  return [bold(head), ...groups.map(groupText), undecidedText(undecided, report)]
    .filter(Boolean)
    .join('\n\n');
}

function groupText({ kind, restriction, rule, count, correspondents, examples }: ChangeGroup): string {
  const { verdict, words } = TITLES[kind];
  const known = correspondents > 0 ? `; ${correspondents} from people your users write to` : '';
  const title = `${inColourOf(verdict, `${count} ${words}`)}${bold(known)}`;
  const more = count > SHOWN ? [dim(`    and ${count - SHOWN} more`)] : [];
  const shown = examples.slice(0, SHOWN).map(exampleText);
  return [title, `  by ${terminalText(oneLine(restriction))} ${dim(`(${rule})`)}`, ...shown, ...more].join(
    '\n',
  );
}

function exampleText({ before, after, recipient, isCorrespondent }: Example): string {
  const { id, time, client_name: name, client_address: address, sender } = before;
  const mark = isCorrespondent ? '*' : ' ';
  const who = sender === undefined ? '' : `<${sender}> to <${recipient ?? ''}>`;
  return [
    `  ${mark} ${attemptTime(time)}  ${terminalText(`${name}[${address}]  ${who}`)}  ${dim(id)}`,
    dim(`      was: ${terminalText(oneLine(before.reply))}`),
    `      now: ${terminalText(oneLine(after.reply))}`,
  ].join('\n');
}

function undecidedText(undecided: number, { missing }: RehearsalReport): string {
  if (missing.size === 0) return '';
  const names = [...missing].sort(([, a], [, b]) => b - a).slice(0, SHOWN_NAMES);
  return [
    `${undecided} changes are not counted: they may come of DNS answers that nobody had asked for (--ask-dns asks now)`,
    ...names.map(([name, count]) => dim(`    ${terminalText(name)}: ${count} times`)),
  ].join('\n');
}
