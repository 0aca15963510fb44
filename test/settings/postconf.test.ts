/**
 * The same directories read by us and by postconf: names, raw and expanded values must be equal, and what postconf
 * refuses we must refuse. Main.cf and master.cf are made by chance, from a seed that is printed.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { configLines } from '../../src/settings/config-lines.ts';
import { hasErrors, readConfiguration } from '../../src/settings/configuration.ts';
import { deprecatedParameters } from '../../src/settings/deprecated-parameters.ts';
import { ignoredParameters } from '../../src/settings/ignored-parameters.ts';
import { parameter, parameterNames } from '../../src/settings/parameters.ts';
import { serviceParameter } from '../../src/settings/service-parameters.ts';
import { writtenDirectory } from './written-directory.ts';

const version = spawnSync('postconf', ['-h', 'mail_version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
const skip = version.startsWith('3.7.') ? false : 'needs postconf of Postfix 3.7 to compare with';
const seed = Number(process.env.SETTINGS_SEED ?? 20_260_401);

/** Where our defaults differ on purpose, and what mentions those. */
const OURS = new Set([
  'alias_maps',
  'config_directory',
  'data_directory',
  'local_recipient_maps',
  'maillog_file',
  'process_name',
  'smtpd_forbid_bare_newline',
  'smtpd_sasl_path',
  'smtpd_sasl_type',
]);

interface Answer {
  readonly lines: ReadonlyMap<string, string>;
  readonly refused: boolean;
}

function postconf(directory: string, ...flags: string[]): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  execFile('postconf', ['-c', directory, ...flags], { maxBuffer: 1 << 24 }, (error, stdout) => {
    resolve({ lines: byName(stdout.split('\n').filter((line) => line !== '')), refused: error !== null });
  });
  return promise;
}

/** Runs the rounds side by side: postconf waits a second before it refuses something. */
async function rounds<T>(count: number, round: (number: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let from = 0; from < count; from += SIDE_BY_SIDE) {
    const numbers = Array.from({ length: Math.min(SIDE_BY_SIDE, count - from) }, (_, i) => from + i);
    results.push(...(await Promise.all(numbers.map(round))));
  }
  return results;
}

const SIDE_BY_SIDE = 50;

function byName(lines: readonly string[]): Map<string, string> {
  return new Map(lines.map((line) => [/^\S+/.exec(line)?.[0] ?? '', line]));
}

/** Numbers that look random, the same for the same seed. */
function dice(start: number): (sides: number) => number {
  let state = start >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

type Roll = ReturnType<typeof dice>;

function pick<T>(roll: Roll, items: readonly T[]): T {
  const item = items[roll(items.length)];
  return item ?? assert.fail('nothing to pick from');
}

const plainWords = [
  'permit_mynetworks',
  'reject',
  'hash:/etc/x',
  'a.test',
  '10',
  '9',
  '10.0.0.0/8',
  'x{y',
  '}',
  '=',
  '#',
  '$$',
];
const knownNames = [
  'mydomain',
  'mail_name',
  'mailbox_size_limit',
  'smtpd_timeout',
  'smtpd_relay_restrictions',
  'stress',
];

/** A value that mentions only names in front of it, so that no circle arises. */
function value(roll: Roll, earlier: readonly string[], depth: number): string {
  const parts = Array.from({ length: 1 + roll(4) }, () => part(roll, earlier, depth));
  return parts.join(pick(roll, [' ', ', ', '', '\n   ', '\n# remark\n\t', ',\n\n ']));
}

function part(roll: Roll, earlier: readonly string[], depth: number): string {
  const name = pick(roll, [...knownNames, ...earlier, 'not_defined']);
  if (depth === 0)
    return pick(
      roll,
      plainWords.filter((word) => !/[{}]/.test(word)),
    );
  const inner = () => value(roll, earlier, depth - 1).replace(/\n\s*(#.*\n\s*)?/g, ' ');
  const balanced = () => inner().replace(/[{}]/g, (brace) => (brace === '{' ? '(' : ')'));
  switch (roll(12)) {
    case 0:
      return `$${name}`;
    case 1:
      return `\${${name}}`;
    case 2:
      return `$(${name})`;
    case 3:
      return `\${${name}?${pick(
        roll,
        plainWords.filter((word) => !/[{}$]/.test(word)),
      )}}`;
    case 4:
      return `\${${name}:{${part(roll, earlier, 0)}}}`;
    case 5:
      return `\${ ${name} ? {${part(roll, earlier, 0)}} : {$${name}} }`;
    case 6: {
      const operator = pick(roll, ['==', '!=', '<', '<=', '>', '>=']);
      return `\${{$${name}} ${operator} {${pick(roll, ['10', '9', 'x', ''])}} ? {yes ${part(roll, earlier, 0)}} : {no}}`;
    }
    case 7:
      return `\${{3.${roll(12)}} ${pick(roll, ['<level', '>=level', '==level'])} {$compatibility_level} ? {new} : {old}}`;
    case 8:
      return `{ ${balanced().replace(/\$\(/g, '(')} }`;
    default:
      return pick(roll, plainWords);
  }
}

/** What postconf cannot do without. */
const HOST = new Set(['inet_interfaces', 'compatibility_level', ...knownNames]);

const textNames = parameterNames.filter((name) => {
  const row = parameter(name);
  const ours =
    row?.since !== undefined || OURS.has(name) || HOST.has(name) || typeof row?.default !== 'string';
  return (
    !ours &&
    row?.kind !== undefined &&
    ['text', 'raw text', 'tables', 'networks', 'list', 'restrictions'].includes(row.kind)
  );
});

function randomMain(roll: Roll): string {
  const own: string[] = [];
  const lines = [`compatibility_level = ${pick(roll, ['0', '1', '2', '3.5', '3.6', '3.10'])}`];
  for (let i = 0; i < 12; i++) {
    const name = `own_${i}`;
    lines.push(`${name} = ${value(roll, own, 2)}`);
    own.push(name);
  }
  const mentioned = own.map((name) => `\${${name}?}`).join('');
  lines.push(`smtpd_banner = ${mentioned}220`);
  for (let i = 0; i < 25; i++) {
    const name = pick(roll, textNames);
    lines.push(`${name}${pick(roll, ['=', ' = ', '\t=\n '])}${value(roll, own, 2)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Our lines and theirs, without those that differ on purpose or that only one side has. */
function compare(ours: readonly string[], theirs: Answer['lines'], where: string): number {
  let compared = 0;
  for (const [name, line] of byName(ours)) {
    const other = theirs.get(name);
    if (OURS.has(name) || other === undefined) continue;
    assert.equal(line, other, where);
    compared++;
  }
  return compared;
}

test('main.cf by chance has the values that postconf shows', { skip }, async (t) => {
  const counts = await rounds(40, async (round) => {
    const main = randomMain(dice(seed + round));
    const directory = writtenDirectory({ 'main.cf': main, 'master.cf': '' });
    const configuration = readConfiguration(directory);
    const where = `seed ${seed + round}:\n${main}`;
    const expanded = await postconf(directory, '-x');
    if (expanded.refused) {
      assert.ok(hasErrors(configuration), where);
      return 0;
    }
    const raw = await postconf(directory);
    const set = await postconf(directory, '-n');
    const ours = configLines(configuration, { nonDefault: true });
    assert.deepEqual([...byName(ours).keys()], [...set.lines.keys()], where);
    return (
      compare(configLines(configuration, { expanded: true }), expanded.lines, where) +
      compare(configLines(configuration), raw.lines, where) +
      compare(ours, set.lines, where)
    );
  });
  const compared = counts.reduce((sum, count) => sum + count, 0);
  t.diagnostic(`${compared} values compared, seed ${seed}`);
  assert.ok(compared > 30_000);
});

test('text by chance is refused where postconf refuses it, and else has its value', { skip }, async (t) => {
  const refusals = await rounds(150, async (round) => {
    const roll = dice(seed * 7 + round);
    const text = Array.from({ length: 2 + roll(9) }, () => pick(roll, pieces)).join('');
    const main = `a = 1\nb =\nsmtpd_proxy_ehlo = ${text}\n`;
    const directory = writtenDirectory({ 'main.cf': main, 'master.cf': '' });
    const theirs = await postconf(directory, '-x', 'smtpd_proxy_ehlo');
    const { settings, complaints } = readConfiguration(directory);
    const mistaken = complaints.some(
      (c) => c.severity === 'error' && c.problem.startsWith('smtpd_proxy_ehlo'),
    );
    assert.equal(mistaken, theirs.refused, main);
    if (theirs.refused) return true;
    const line = words(`smtpd_proxy_ehlo = ${settings.smtpd_proxy_ehlo}`);
    assert.equal(line, theirs.lines.get('smtpd_proxy_ehlo'), main);
    return false;
  });
  const refused = refusals.filter(Boolean).length;
  t.diagnostic(`${refused} refused by both, ${refusals.length - refused} with equal values`);
  assert.ok(refused > 30 && refusals.length - refused > 30);
});

const pieces = [
  ...['$', '$', '{', '}', '(', ')', '?', ':', 'a', 'b', 'c', ' ', '$a', '${a', '${b', '${a?', '${a:'],
  ...['==', '<', '$$', '{x}', '${{', '_', '-', '"', '#', ','],
];

function words(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(' ');
}

test('master.cf by chance has the overrides that postconf shows', { skip }, async (t) => {
  const counts = await rounds(40, async (round) => {
    const master = randomMaster(dice(seed * 3 + round));
    const main = 'own = 1\nmynetworks = 10.0.0.0/8\n';
    const directory = writtenDirectory({ 'main.cf': main, 'master.cf': master });
    const [service] = readConfiguration(directory).services;
    const theirs = await postconf(directory, '-P', '-x');
    for (const line of theirs.lines.values()) {
      const [, name = '', text = ''] = /^2525\/inet\/(\S+) = ?(.*)$/.exec(line) ?? [];
      // postconf expands here what it leaves alone in main.cf.
      if (!parameter(name)?.raw)
        assert.equal(words(service?.settings.text(name) ?? ''), text, `${line}\n${master}`);
    }
    return theirs.lines.size;
  });
  const compared = counts.reduce((sum, count) => sum + count, 0);
  t.diagnostic(`${compared} overrides compared`);
  assert.ok(compared > 150);
});

function randomMaster(roll: Roll): string {
  const settings = Array.from({ length: 6 }, () => {
    const text = pick(roll, [
      'permit, reject',
      '$mynetworks reject',
      '${own?{x}:{y}}',
      'a=b',
      '',
      '$service_name',
    ]);
    const name = pick(roll, textNames);
    const bare = text.replace(/[\s{}]/g, '');
    const unbraced = text.replace(/[{}]/g, '');
    return pick(roll, [
      `-o ${name}=${bare}`,
      `-o { ${name} = ${unbraced} }`,
      `-v\n    -o {${name}=${unbraced}}`,
    ]);
  });
  return `2525 inet n - n - - smtpd\n  ${settings.join('\n# remark\n  ')}\n`;
}

test('every parameter of postconf -d is known, with its default', { skip }, async () => {
  const directory = writtenDirectory({ 'main.cf': '', 'master.cf': '' });
  const { settings } = readConfiguration(directory);
  const { lines } = await postconf(directory);
  for (const line of lines.values()) {
    const [, name = '', text = ''] = /^(\S+) = ?(.*)$/.exec(line) ?? [];
    if (OURS.has(name) || deprecatedParameters.has(name) || name === 'process_id') continue;
    const known =
      parameter(name) !== undefined || ignoredParameters.has(name) || serviceParameter(name) !== undefined;
    assert.ok(known, `${name} is not known`);
    assert.equal(settings.raw(name), text, name);
  }
});
