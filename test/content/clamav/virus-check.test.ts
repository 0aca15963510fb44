import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { VirusActions } from '../../../src/content/clamav/virus-actions.ts';
import { VirusCheck, type VirusCheckOptions } from '../../../src/content/clamav/virus-check.ts';
import { Refused } from '../../../src/mail/refused.ts';
import { silentLog } from '../../../src/record/log.ts';
import { LookupFailure } from '../../../src/tables/table.ts';
import { FakeClamd } from './fake-clamd.ts';
import { newMail } from './mail.ts';
import { type Setting, scannerOf } from './pieces.ts';

const source = { file: 'main.cf', line: 7 };
const maps: Readonly<Record<string, string>> = {
  Throw: 'discard',
  Keep: 'quarantine',
  Mark: 'tag',
  Never: 'accept',
  Special: 'reject 5.7.9 go away',
};

interface More extends Setting {
  readonly check?: Partial<VirusCheckOptions>;
}

async function checkOf(t: TestContext, { check, ...setting }: More = {}) {
  const clamd = await new FakeClamd().start();
  const scanner = scannerOf([clamd.address], { restartMs: 200, ...setting });
  t.after(async () => {
    scanner.close();
    await clamd.stop();
  });
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (sentence: string) => warnings.push(sentence) };
  const found = (key: string) => {
    if (key === 'Broken') throw new LookupFailure('hash:viruses', 'gone');
    const value = maps[key];
    return value === undefined ? undefined : { value, source };
  };
  const made = new VirusCheck({
    scanner,
    actions: new VirusActions({
      action: { kind: 'reject', source },
      heuristicAction: { kind: 'tag', source },
      maps: { findEntry: found },
      log,
    }),
    header: 'X-Virus-Scanned: yes',
    onFailure: 'defer',
    onOversize: { kind: 'accept', source },
    command: undefined,
    log,
    ...check,
  });
  const judge = async (text: string) => {
    const reader = made.begin(newMail());
    try {
      const bytes = Buffer.from(text);
      await reader.write(bytes);
      return await reader.finish(() => [bytes]);
    } finally {
      reader.close();
    }
  };
  return { judge, clamd, warnings };
}

const SCANNED = 'X-Virus-Scanned: yes';
const CASES: readonly [string, string | undefined, string[]][] = [
  // virus, action, fields
  ['', undefined, [SCANNED]],
  ['Evil', 'REJECT Content rejected: virus Evil FOUND', ['X-Virus-Infected: Evil', SCANNED]],
  ['Special', 'REJECT 5.7.9 go away', ['X-Virus-Infected: Special', SCANNED]],
  ['Throw', 'DISCARD virus Throw FOUND', ['X-Virus-Infected: Throw', SCANNED]],
  ['Keep', 'HOLD virus Keep FOUND', ['X-Virus-Infected: Keep', SCANNED]],
  ['Mark', 'WARN virus Mark FOUND', ['X-Virus-Infected: Mark', SCANNED]],
  ['Heuristics.X', 'WARN virus Heuristics.X FOUND', ['X-Virus-Infected: Heuristics.X', SCANNED]],
  ['Never', undefined, [SCANNED]],
];

for (const [virus, action, fields] of CASES) {
  test(`virus "${virus}": ${action ?? 'goes on'}`, async (t) => {
    const { judge } = await checkOf(t);
    const verdict = await judge(virus === '' ? 'hello' : `hello VIRUS:${virus}`);
    assert.equal(verdict.findings?.[0]?.action, action);
    assert.deepEqual(verdict.fields, fields);
    assert.equal(verdict.facts?.virus, virus === '' ? undefined : virus);
  });
}

test('the command runs for what is found, and knows what is kept', async (t) => {
  const runs: unknown[] = [];
  const command = {
    run: (_mail: unknown, signature: string, isKept: boolean) => runs.push([signature, isKept]),
  } as unknown as NonNullable<VirusCheckOptions['command']>;
  const { judge } = await checkOf(t, { check: { command } });
  for (const virus of ['Evil', 'Keep', 'Never', 'Mark']) await judge(`VIRUS:${virus}`);
  await judge('clean');
  assert.deepEqual(runs, [
    ['Evil', false],
    ['Keep', true],
    ['Mark', false],
  ]);
});

test('no answer: the mail waits, or goes on without our header', async (t) => {
  const { judge, clamd, warnings } = await checkOf(t);
  clamd.manner = 'error';
  await assert.rejects(judge('x'), (error) => error instanceof Refused && error.reply.code === 451);
  assert.match(warnings.join(), /not scanned for viruses: inet:.*cannot allocate memory/);
  const open = await checkOf(t, { check: { onFailure: 'accept' } });
  open.clamd.manner = 'garbage';
  const { looked, ...verdict } = await open.judge('x');
  assert.deepEqual(verdict, {});
  assert.match(looked?.[0]?.answer ?? '', /^not scanned: inet:.*: an answer that nobody understands$/);
});

test('an action table that does not answer makes the mail wait', async (t) => {
  const { judge } = await checkOf(t);
  await assert.rejects(
    judge('VIRUS:Broken'),
    (error) => error instanceof Refused && error.reply.code === 451,
  );
});

const OVERSIZE = [
  ['accept', undefined, undefined],
  ['reject', 552, undefined],
  ['quarantine', undefined, 'HOLD too large to be scanned for viruses'],
] as const;
for (const [kind, code, action] of OVERSIZE) {
  test(`clamav_oversize_action = ${kind}`, async (t) => {
    const { judge } = await checkOf(t, { maxSizeBytes: 10, check: { onOversize: { kind, source } } });
    const verdict = await judge('VIRUS:Evil in a long message');
    assert.equal(verdict.refusal?.reply.code, code);
    assert.equal(verdict.findings?.[0]?.action, action);
    assert.equal(verdict.fields, undefined);
  });
}
