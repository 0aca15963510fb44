/** `demo`: shows what the gateway does, on a machine where nothing is set up. */
import type { DemoOutcome } from '../../demo/demo.ts';
import { runDemo } from '../../demo/demo.ts';
import { readArguments } from '../arguments.ts';
import type { Command } from '../command.ts';

export const demo: Command = {
  name: 'demo',
  usage: '[--json]',
  sentence: 'Sends a handful of mails through a gateway of its own and shows each verdict',
  details: `
Everything it needs (a mail server behind the gateway, a name server, memory) runs inside this one process, on free ports
of the loopback interface, and is gone afterwards. Exit status 1 when a verdict is not what it should be.`.trim(),

  async run(args) {
    const { values } = readArguments(args, {});
    let count = 0;
    let surprises = 0;
    const outcomes: DemoOutcome[] = [];
    const tell = (outcome: DemoOutcome) => {
      count += 1;
      if (outcome.record?.verdict !== outcome.attempt.expected) surprises += 1;
      if (values.json) outcomes.push(outcome);
      else console.log(story(count, outcome));
    };
    const delivered = await runDemo(tell);
    if (values.json) console.log(JSON.stringify({ outcomes, delivered }, undefined, 2));
    else console.log(ending(delivered, surprises));
    return surprises === 0 ? 0 : 1;
  },
};

function story(number: number, { attempt, record }: DemoOutcome): string {
  const { title, client, helo, sender, recipient, password, expected } = attempt;
  const login = password === undefined ? '' : ', logged in';
  const rule = record?.restriction
    ? ` by ${record.restriction}${record.rule && record.rule !== 'default' ? ` (${record.rule})` : ''}`
    : '';
  const verdict = (record?.verdict ?? 'no record').toUpperCase();
  const surprise = record?.verdict === expected ? '' : `   <-- should be ${expected.toUpperCase()}`;
  return [
    `${number}. ${title}`,
    `   sent     ${client} (${helo})${login}: <${sender}> to <${recipient}>`,
    `   verdict  ${verdict}${rule}${surprise}`,
    `   reply    ${record?.reply ?? ''}`,
    '',
  ].join('\n');
}

function ending(delivered: readonly string[], surprises: number): string {
  const mails = delivered.map((text) => indented(text.split('\r\n\r\n')[0] ?? ''));
  const wrong = surprises === 0 ? '' : `\n${surprises} verdicts are not what they should be.`;
  return `The mail server behind got ${delivered.length} mails. Their headers:\n\n${mails.join('\n\n')}${wrong}`;
}

function indented(text: string): string {
  return text
    .split('\r\n')
    .map((line) => `   ${line}`)
    .join('\n');
}
