import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'memory-commands-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, 'main.cf'),
  `myhostname = mx.home.example\ndata_directory = ${directory}/data\nsmtpd_relay_restrictions = reject_unauth_destination\n`,
);
writeFileSync(join(directory, 'master.cf'), '127.0.0.1:2525 inet n - n - - smtpd\n');
const program = join(import.meta.dirname, '../../src/cli/portcullis.ts');

function run(words: string, input = ''): { status: number | null; out: string; problem: string } {
  const args = words.match(/"[^"]*"|\S+/g)?.map((word) => word.replace(/"/g, '')) ?? [];
  const [command = '', ...rest] = args;
  const done = spawnSync(process.execPath, [program, command, ...rest, '-c', directory], {
    input,
    encoding: 'utf8',
  });
  return { status: done.status, out: done.stdout.trim(), problem: done.stderr };
}

/** Times of expiry may move by a millisecond on the way. */
const withoutTimes = (lines: string) => lines.replace(/,"expires":"[^"]*"/g, '');

test('what is added is listed, shown, exported, deleted and imported again', { timeout: 120_000 }, () => {
  assert.equal(run('greylist add net:192.0.2.0/24 Ann+x@a.example Joe@home.example').status, 0);
  assert.equal(run('greylist add spf:a.example').status, 0);
  const key = 'net:192.0.2.0/24 ann@a.example joe@home.example';
  assert.match(run('greylist list').out, new RegExp(`^${key}  state=passed`));
  assert.equal(run('greylist list nothing-of-that').out, '');
  const shown = JSON.parse(run('greylist list --clients --json').out);
  assert.deepEqual([shown.key, shown.returns], ['spf:a.example', 5]);
  assert.match(run('greylist show ann').out, /^recipient +joe@home\.example$/m);
  assert.equal(run('greylist show nobody').status, 1);
  assert.equal(run('correspondents add far@b.example --user ann@home.example').status, 0);
  assert.match(run('correspondents list').out, /^far@b\.example {2}users=ann@home\.example/);
  const lines = run('memory export').out;
  assert.equal(lines.split('\n').length, 3);
  assert.equal(run(`greylist delete "${key}"`).out, '1 deleted');
  assert.equal(run('correspondents delete FAR+x@b.example').status, 0);
  assert.equal(run('greylist delete --clients --all --json').out, '{"deleted":1}');
  assert.equal(run('memory export').out, '');
  assert.equal(run('memory import --json', `${lines}\nrubbish\n`).out, '{"taken":3,"expired":0,"bad":1}');
  assert.equal(withoutTimes(run('memory export').out), withoutTimes(lines));
  assert.match(run('memory spaces').out, /^greylist +1 of /m);
  assert.equal(statSync(join(directory, 'data/state.db')).uid, statSync(join(directory, 'data')).uid);
});

test('bad usage is told', { timeout: 60_000 }, () => {
  for (const [words, pattern] of [
    ['greylist', /say what to do: list, show, delete, add/],
    ['greylist add example.com', /"example.com" is no identity/],
    ['greylist add spf:a b@c', /add takes an identity/],
    ['greylist delete', /name keys as list shows them/],
    ['verify delete a@b --all', /name keys as list shows them/],
    ['correspondents add nobody', /"nobody" is no address/],
    ['memory export rates', /export knows these spaces: greylist/],
  ] as const) {
    const { status, problem } = run(words);
    assert.equal(status, 2, words);
    assert.match(problem, pattern, words);
  }
});
