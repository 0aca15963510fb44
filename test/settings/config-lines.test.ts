import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configLines, parameterCatalogue, unknownNames } from '../../src/settings/config-lines.ts';
import { parameterNames } from '../../src/settings/parameters.ts';
import { configured } from './written-directory.ts';

const configuration = configured(`myhostname = mx.example.test
smtpd_client_restrictions =   permit_mynetworks,
    $mine
mine = reject
smtpd_helo_restrictions =
biff = no
nobody_knows = 1
`);

test('what is set, sorted, blanks made one, without what nobody knows', () => {
  assert.deepEqual(configLines(configuration, { nonDefault: true }), [
    'biff = no',
    `config_directory = ${configuration.directory}`,
    'mine = reject',
    'myhostname = mx.example.test',
    'smtpd_client_restrictions = permit_mynetworks, $mine',
    'smtpd_helo_restrictions =',
  ]);
});

const named: [names: string[], options: object, lines: string[]][] = [
  [
    ['smtpd_client_restrictions'],
    { expanded: true },
    ['smtpd_client_restrictions = permit_mynetworks, reject'],
  ],
  [['smtpd_client_restrictions'], { expanded: true, noName: true }, ['permit_mynetworks, reject']],
  [['smtpd_client_restrictions'], { defaults: true }, ['smtpd_client_restrictions =']],
  [['smtpd_helo_restrictions'], { noName: true }, ['']],
  [['smtpd_banner', 'mine'], {}, ['smtpd_banner = $myhostname ESMTP $mail_name', 'mine = reject']],
  [['smtpd_banner'], { expanded: true }, ['smtpd_banner = mx.example.test ESMTP Postfix']],
  [['smtpd_banner'], { nonDefault: true }, []],
  [
    ['default_rbl_reply'],
    { expanded: true, noName: true },
    [
      '$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}',
    ],
  ],
  [['no_such_name'], {}, []],
];

for (const [names, options, lines] of named) {
  test(`config ${JSON.stringify(options)} ${names.join(' ')}`, () => {
    assert.deepEqual(configLines(configuration, { ...options, names }), lines);
  });
}

test('without options all parameters are listed, and what the files set besides', () => {
  const names = configLines(configuration).map((line) => line.split(' =')[0]);
  assert.deepEqual(names, [...parameterNames, 'biff', 'mine'].sort());
  assert.equal(configLines(configuration, { defaults: true }).length, parameterNames.length);
});

test('unknown names can be told apart', () => {
  assert.deepEqual(unknownNames(configuration, ['mine', 'smtpd_banner', 'biff', 'nonsense']), ['nonsense']);
});

test('the catalogue has a row for each parameter', () => {
  const rows = parameterCatalogue();
  assert.deepEqual(
    rows.map(({ name }) => name),
    parameterNames,
  );
  assert.deepEqual(
    rows.find(({ name }) => name === 'smtpd_timeout'),
    {
      name: 'smtpd_timeout',
      kind: 'time',
      default: '${stress?{10}:{300}}s',
      sentence: 'How long a client may take for a command, or we for an answer.',
    },
  );
  assert.equal(rows.find(({ name }) => name === 'greylist_delay')?.since, 'portcullis');
  assert.equal(rows.find(({ name }) => name === 'mynetworks')?.default, '(computed from this host)');
});
