/** `check`: everything that is wrong with a configuration directory, at once. */
import { inspect } from '../../assembly/inspection.ts';
import { formatSource } from '../../mail/source.ts';
import { findServingUser, isRoot } from '../../process/privileges.ts';
import { type Complaint, complaintLine, type Severity } from '../../settings/complaint.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import { runTests, type TestReport } from '../../trial/test-run.ts';
import { readArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

export const check: Command = {
  name: 'check',
  usage: '[-c DIR] [--dns] [--quiet] [--json]',
  sentence: 'Reads the whole configuration and every table it names, and prints all that is wrong',
  details: `
Each line is \`file:line: problem; what should be\`. An error keeps the gateway from starting; a warning means that
something is probably not as meant; a note is worth knowing. --quiet leaves out the notes.
Nobody is asked over the network, unless with --dns: then what the DNS says is looked at, too: whether it publishes the
keys of dkim_signing_maps, and whether DNS lists answer as lists should. An answer that does not come is a note.
A file \`tests\` beside main.cf is run: who sends what, and what must become of it (see config/tests).
Exit status 1 when there are errors or warnings.`.trim(),

  async run(args) {
    const { values } = readArguments(args, {
      quiet: { type: 'boolean', short: 'q' },
      dns: { type: 'boolean' },
    });
    const directory = configurationDirectory(values.config);
    const found = await inspect(directory, {
      asksDns: values.dns ?? false,
      findServingUser: (mailOwner) => (isRoot() ? findServingUser(mailOwner) : undefined),
    });
    const hasErrors = found.complaints.some(({ severity }) => severity === 'error');
    const tests = hasErrors ? undefined : await runTests(readConfiguration(directory));
    const complaints = [...found.complaints, ...(tests?.complaints ?? [])];
    const shown = complaints.filter(({ severity }) => !values.quiet || severity !== 'note');
    console.log(
      values.json
        ? JSON.stringify(shown.map(plain), undefined, 2)
        : report(shown, summary(found.summary, tests)),
    );
    return complaints.some(({ severity }) => severity !== 'note') ? 1 : 0;
  },
};

function summary(found: string, tests: TestReport | undefined): string {
  if (!tests || tests.count === 0) return found;
  const { count, complaints } = tests;
  const passed = complaints.length === 0 ? 'passed' : `run, ${complaints.length} complaints about them`;
  return `${found}; ${count} policy ${count === 1 ? 'test' : 'tests'} ${passed}`;
}

function plain({ source, severity, problem, remedy }: Complaint) {
  return { ...source, where: formatSource(source), severity, problem, remedy };
}

function report(complaints: readonly Complaint[], summary: string): string {
  const sections = ORDER.flatMap((severity) => {
    const lines = complaints
      .filter((complaint) => complaint.severity === severity)
      .map((complaint) => `  ${complaintLine(complaint)}`);
    return lines.length === 0 ? [] : [`${severity}s:`, ...lines];
  });
  return [...sections, summary].join('\n');
}
