import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PROGRAM } from '../support/gateway-program.ts';
import { portcullis, type Ran } from '../support/program.ts';

const directory = mkdtempSync(join(tmpdir(), 'memory-commands-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, 'main.cf'),
  `myhostname = mx.home.example\ndata_directory = ${directory}/data\nsmtpd_relay_restrictions = reject_unauth_destination\n`,
);
writeFileSync(join(directory, 'master.cf'), '127.0.0.1:2525 inet n - n - - smtpd\n');

function run(words: string): Promise<Ran> {
  const args = words.match(/"[^"]*"|\S+/g)?.map((word) => word.replace(/"/g, '')) ?? [];
  return portcullis(...args, '-c', directory);
}

/** `memory import`, which reads what is piped into it. */
function imported(lines: string): string {
  const args = [PROGRAM, 'memory', 'import', '--json', '-c', directory];
  return spawnSync(process.execPath, args, { input: lines, encoding: 'utf8' }).stdout.trim();
}

/** Times of expiry may move by a millisecond on the way. */
const withoutTimes = (lines: string) => lines.replace(/,"expires":"[^"]*"/g, '');

test('what is added is listed, shown, exported, deleted and imported again', {
  timeout: 120_000,
}, async () => {
  assert.equal((await run('greylist add net:192.0.2.0/24 Ann+x@a.example Joe@home.example')).status, 0);
  assert.equal((await run('greylist add spf:a.example')).status, 0);
  const key = 'net:192.0.2.0/24 ann@a.example joe@home.example';
  assert.match((await run('greylist list')).out.trim(), new RegExp(`^${key}  state=passed`));
  assert.equal((await run('greylist list nothing-of-that')).out.trim(), '');
  const shown = JSON.parse((await run('greylist list --clients --json')).out.trim());
  assert.deepEqual([shown.key, shown.returns], ['spf:a.example', 5]);
  assert.match((await run('greylist show ann')).out.trim(), /^recipient +joe@home\.example$/m);
  assert.equal((await run('greylist show nobody')).status, 1);
  assert.equal((await run('correspondents add far@b.example --user ann@home.example')).status, 0);
  assert.match((await run('correspondents list')).out.trim(), /^far@b\.example {2}users=ann@home\.example/);
  const lines = (await run('memory export')).out.trim();
  assert.equal(lines.split('\n').length, 3);
  assert.equal((await run(`greylist delete "${key}"`)).out.trim(), '1 deleted');
  assert.equal((await run('correspondents delete FAR+x@b.example')).status, 0);
  assert.equal((await run('greylist delete --clients --all --json')).out.trim(), '{"deleted":1}');
  assert.equal((await run('memory export')).out.trim(), '');
  assert.equal(imported(`${lines}\nrubbish\n`), '{"taken":3,"expired":0,"bad":1}');
  assert.equal(withoutTimes((await run('memory export')).out.trim()), withoutTimes(lines));
  assert.match((await run('memory spaces')).out.trim(), /^greylist +1 of /m);
  assert.equal(statSync(join(directory, 'data/state.db')).uid, statSync(join(directory, 'data')).uid);
});

test('bad usage is told', { timeout: 60_000 }, async () => {
  for (const [words, pattern] of [
    ['greylist', /say what to do: list, show, delete, add/],
    ['greylist add example.com', /"example.com" is no identity/],
    ['greylist add spf:a b@c', /add takes an identity/],
    ['greylist delete', /name keys as list shows them/],
    ['verify delete a@b --all', /name keys as list shows them/],
    ['correspondents add nobody', /"nobody" is no address/],
    ['memory export rates', /export knows these spaces: greylist/],
  ] as const) {
    const { status, err } = await run(words);
    assert.equal(status, 2, words);
    assert.match(err, pattern, words);
  }
});
