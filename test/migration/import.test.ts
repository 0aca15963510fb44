import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importableFor } from '../../src/migration/importable.ts';
import { losses, masterLines, type Translation } from '../../src/migration/translation.ts';
import { configured, troubles } from '../settings/written-directory.ts';

function translate(file: string, text: string): Translation[] {
  return importableFor(file)?.translate(text, file) ?? assert.fail(`${file} is of nobody`);
}

/** Lines below each other, from the first to the last of them. */
function written(file: string, text: string): string {
  return translate(file, text)
    .map((one) => masterLines(one).join('\n'))
    .join('\n\n');
}

const cases: readonly (readonly [file: string, line: string, becomes: RegExp])[] = [
  ['gld.conf', 'PORT=2600', /^127\.0\.0\.1:2600 inet .* policy$/m],
  ['gld.conf', 'LOOPBACKONLY=0', /^2525 inet/m],
  ['gld.conf', 'MAXCON=7', / 7 policy$/m],
  ['gld.conf', 'CLIENTS=10.0.0.0/8,::1/128', /-o policy_authorized_clients=10\.0\.0\.0\/8,::1\/128$/m],
  ['gld.conf', 'MINTIME=60', /^# gld\.conf:1: MINTIME=60\n {4}-o greylist_delay=60s$/m],
  ['gld.conf', 'MINTIME=soon', /NOT DONE: this is no number of seconds/],
  ['gld.conf', 'LIGHTGREY=1', /-o greylist_key=network\n {4}-o greylist_ipv4_prefix=24$/m],
  ['gld.conf', 'LIGHTGREY=0', /-o greylist_key=address$/m],
  ['gld.conf', 'MXGREY=3', /-o greylist_auto_whitelist_clients=3$/m],
  ['gld.conf', 'WHITELIST=1', /NOT DONE: write the rows of its table "whitelist" into a file/],
  [
    'gld.conf',
    'DNSWL=wl.example',
    /NOT DONE: put "permit_dnswl_client wl\.example" in front of check_greylist/,
  ],
  ['gld.conf', 'ERRACCEPT=0', /-o greylist_failure_action=defer$/m],
  ['gld.conf', 'TRAINING=1', /-o greylist_training=yes$/m],
  ['gld.conf', 'TRAINING=perhaps', /NOT DONE: write 0 or 1/],
  [
    'gld.conf',
    'MESSAGE=451 Come back',
    /: the code is 450 instead of 451\n {4}-o \{ greylist_message = Come back \}$/m,
  ],
  ['gld.conf', 'SQLPASSWD=secret', /^# gld\.conf:1: SQLPASSWD=: what is remembered is in state_store$/m],
  ['gld.conf', 'COLOUR=grey', /^# gld\.conf:1: COLOUR=grey: NOT DONE: nobody here knows this setting$/m],
  ['clamsmtpd.conf', 'Listen: 10.0.0.1:26', /^10\.0\.0\.1:26 inet .* 64 smtpd$/m],
  ['clamsmtpd.conf', 'Listen: 0.0.0.0:10025', /^0\.0\.0\.0:10025 inet/m],
  ['clamsmtpd.conf', 'OutAddress: 10035', /-o smtpd_proxy_filter=127\.0\.0\.1:10035$/m],
  ['clamsmtpd.conf', 'MaxConnections: 9', / 9 smtpd$[\s\S]*-o clamav_max_connections=9$/m],
  ['clamsmtpd.conf', 'ClamAddress: 127.0.0.1:3310', /-o clamav_socket=inet:127\.0\.0\.1:3310$/m],
  ['clamsmtpd.conf', 'ClamAddress: /run/clamd', /-o clamav_socket=unix:\/run\/clamd$/m],
  ['clamsmtpd.conf', 'Header:', /-o clamav_header=$/m],
  ['clamsmtpd.conf', 'Header: X-Scanned: for %i', /NOT DONE: "%i" is not replaced/],
  ['clamsmtpd.conf', 'Bounce: off', /-o clamav_action=discard$/m],
  ['clamsmtpd.conf', 'Bounce: on', /goes into quarantine.*\n {4}-o clamav_action=reject$/m],
  ['clamsmtpd.conf', 'Action: pass', /-o clamav_action=tag$/m],
  ['clamsmtpd.conf', 'Action: nothing', /NOT DONE: write bounce, drop or pass/],
  ['clamsmtpd.conf', 'Quarantine: on', /-o clamav_action=quarantine$/m],
  ['clamsmtpd.conf', 'XClient: on', /NOT DONE: the next hop is told of the client by XFORWARD/],
  ['clamsmtpd.conf', 'KeepAlives: 30', /NOT DONE: no NOOPs are sent/],
  ['clamsmtpd.conf', 'TransparentProxy: on', /NOT DONE/],
  ['clamsmtpd.conf', 'TransparentProxy: perhaps', /NOT DONE: write on or off/],
  ['clamsmtpd.conf', 'VirusAction: off', /: nothing is run$/m],
  [
    'dkfilter.conf',
    'dkfilter_in_flags="25 26"',
    /^127\.0\.0\.1:25 inet[\s\S]*-o smtpd_proxy_filter=127\.0\.0\.1:26$/m,
  ],
  [
    'dkfilter.init',
    'DKFILTER_IN_ARGS="--hostname=mx.example 127.0.0.1:1 127.0.0.1:2"',
    /-o authserv_id=mx\.example$/m,
  ],
  [
    'dkfilter.conf',
    'dkfilter_out_flags="--keyfile=k --selector=s --domain=a.test,b.test 1 2"',
    /-o \{ dkim_signing_maps = inline:\{ \{ a\.test = a\.test:s:k \} \{ b\.test = b\.test:s:k \} \} \}$/m,
  ],
  ['dkfilter.conf', 'dkfilter_in_enable="NO"\ndkfilter_in_flags="1 2"', /NOT DONE: it was switched off/],
];

for (const [file, line, becomes] of cases) {
  test(`${file}: ${line}`, () => {
    const text = written(file, `${line}\n`);
    assert.match(text, becomes);
    assert.equal(translate(file, line).flatMap(losses).length > 0, /NOT DONE/.test(text));
  });
}

const article = join(import.meta.dirname, '../../config/examples/fighting-spam');

test('the files of the article become the lines of its example, without a complaint', () => {
  const master = readFileSync(join(article, 'master.cf'), 'utf8');
  for (const file of ['gld.conf', 'clamsmtpd.conf', 'dkfilter.conf']) {
    const text = readFileSync(join(article, file), 'utf8');
    const lines = written(file, text).replace(':/usr/local/etc/postfix/', ':$config_directory/');
    assert.ok(master.includes(lines), lines);
    assert.deepEqual(translate(file, text).flatMap(losses), []);
  }
});

test('what is written can be read', () => {
  const master = ['gld.conf', 'clamsmtpd.conf', 'dkfilter.conf']
    .map((file) => written(file, readFileSync(join(article, file), 'utf8')))
    .join('\n');
  const configuration = configured('', `${master}\n`);
  assert.deepEqual(troubles(configuration), []);
  const shown = configuration.services.map(
    ({ name, program, maxConnections }) => `${name} ${program} ${maxConnections}`,
  );
  assert.deepEqual(shown, [
    '127.0.0.1:2525 policy 100',
    '127.0.0.1:10025 smtpd 64',
    '127.0.0.1:10027 smtpd 0',
    '127.0.0.1:10028 smtpd 0',
  ]);
  const [grey, scan, check, sign] = configuration.services.map(({ settings }) => settings);
  assert.equal(grey?.greylist_delay, 60_000);
  assert.equal(grey?.greylist_message, 'Greylisting in action, please try later');
  assert.equal(scan?.clamav_header, 'X-Virus-Scanned: ClamAV using ClamSMTP');
  assert.equal(scan?.clamav_timeout, 180_000);
  assert.deepEqual([check?.dkim_verify, check?.mynetworks], [true, []]);
  assert.equal(
    sign?.dkim_signing_maps.join(' '),
    'inline:{ { your.domain = your.domain:selector1:/usr/local/etc/postfix/ssl/dk-private.key } }',
  );
});
