import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSource } from '../../src/mail/source.ts';
import { type Complaint, complaintLine } from '../../src/settings/complaint.ts';
import { type MasterEntry, parseMasterCf } from '../../src/settings/master-cf.ts';

function parsed(text: string): { entries: MasterEntry[]; complaints: string[] } {
  const book: Complaint[] = [];
  const entries = parseMasterCf(text, 'master.cf', (complaint) => book.push(complaint));
  return { entries, complaints: book.map((c) => `${c.severity} ${complaintLine(c)}`) };
}

const options: [text: string, overrides: Record<string, string>, rest?: string[]][] = [
  ['-o a=b', { a: 'b' }],
  ['-oa=b', { a: 'b' }],
  ['-o a=', { a: '' }],
  ['-o a=b=c', { a: 'b=c' }],
  ['-o { a = b c }', { a: 'b c' }],
  ['-o {a=b}', { a: 'b' }],
  ['-o{ a = b }', { a: 'b' }],
  ['-o { a = { b } { c } }', { a: '{ b } { c }' }],
  ['-v -v -o a=b -vv', { a: 'b' }],
  ['-vo a=b', { a: 'b' }],
  ['-o a=b,c -o d=inline:{{x=y}}', { a: 'b,c', d: 'inline:{{x=y}}' }],
  ['-o a=$b', { a: '$b' }],
  ['-o a=1 user=nobody argv=/bin/x -o b=2', { a: '1' }, ['user=nobody', 'argv=/bin/x', '-o', 'b=2']],
  ['user=nobody { argv=/bin/x y }', {}, ['user=nobody', 'argv=/bin/x y']],
  ['-o a=1 -- -o b=2', { a: '1' }, ['-o', 'b=2']],
];

for (const [text, overrides, rest = []] of options) {
  test(`options: ${text}`, () => {
    const { entries, complaints } = parsed(`x unix - - n - - smtp ${text}\n`);
    const found = [...(entries[0]?.overrides.values() ?? [])].map(({ name, value }) => [name, value.text]);
    assert.deepEqual(Object.fromEntries(found), overrides);
    assert.deepEqual(
      entries[0]?.arguments.map((argument) => argument.text),
      rest,
    );
    assert.deepEqual(complaints, []);
  });
}

test('columns', () => {
  const { entries, complaints } = parsed(`# comment
smtp      inet  n       -       y       -       32      smtpd
  -o a=b
  # comment
  -o c=d
private/x unix  -       n       n       1000?   -       spawn
y         unix  n       -       -       60      0       pickup
`);
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    entries.map(({ name, type, private: hidden, maxConnections, program, source }) =>
      [name, type, hidden, maxConnections, program, formatSource(source)].join(' '),
    ),
    [
      'smtp inet false 32 smtpd master.cf:2',
      'private/x unix true 0 spawn master.cf:6',
      'y unix false 0 pickup master.cf:7',
    ],
  );
  const sources = [...(entries[0]?.overrides.values() ?? [])].map(({ source }) => formatSource(source));
  assert.deepEqual(sources, ['master.cf:3', 'master.cf:5']);
});

const SPACED = 'write -o name=value without blanks, or -o { name = value with blanks }';
const bad: [line: string, complaint: string][] = [
  [
    'smtp inet n - n - smtpd',
    'error master.cf:1: "smtp inet n - n - smtpd" has 7 columns; write name, type, private, unprivileged, chroot, wakeup, maxproc, command',
  ],
  [
    'smtp tcp n - n - - smtpd',
    'error master.cf:1: service smtp is of type "tcp"; write one of inet, unix, unix-dgram, fifo, pass',
  ],
  [
    'smtp inet - - n - - smtpd',
    'error master.cf:1: service smtp: private is "-"; write n, since anybody can connect',
  ],
  ['x unix x - n - - smtp', 'error master.cf:1: service x: private is "x"; write y, n or -'],
  ['x unix - yes n - - smtp', 'error master.cf:1: service x: unprivileged is "yes"; write y, n or -'],
  ['x unix - - no - - smtp', 'error master.cf:1: service x: chroot is "no"; write y, n or -'],
  [
    'x unix - - n soon - smtp',
    'error master.cf:1: service x: wakeup is "soon"; write a number of seconds or -',
  ],
  [
    'x unix - - n - many smtp',
    'error master.cf:1: service x: maxproc is "many"; write a number of connections or -',
  ],
  ['x unix - - n - - smtp -o', 'error master.cf:1: service x: -o without a setting; write -o name=value'],
  ['x unix - - n - - smtp -o a', `error master.cf:1: service x: -o a: there is no "=" after "a"; ${SPACED}`],
  [
    'x unix - - n - - smtp -o { a }',
    `error master.cf:1: service x: -o { a }: there is no "=" after "a"; ${SPACED}`,
  ],
  [
    'x unix - - n - - smtp -o a = b',
    `error master.cf:1: service x: -o a: there is no "=" after "a"; ${SPACED}`,
  ],
  [
    'x unix - - n - - smtp -o { a = b',
    'error master.cf:1: service x: { a = b: "}" is missing; close each "{" with "}"',
  ],
  [
    'x unix - - n - - smtp\n  -o a=1\n  -o a=2',
    'warning master.cf:3: service x sets a again; line 2 is overridden; the last setting is in force; remove one of them',
  ],
];

for (const [line, complaint] of bad) {
  test(`master.cf: ${JSON.stringify(line)}`, () => assert.deepEqual(parsed(line).complaints, [complaint]));
}
