import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { Hashing } from '../../src/accounts/hashing.ts';
import { BadEntry, PasswordEditor } from '../../src/accounts/password-editor.ts';
import { outcome, ownServer, readBook, speak } from './login-parts.ts';

const directory = mkdtempSync(join(tmpdir(), 'passwd-'));
const path = join(directory, 'passwd');
const hashing = new Hashing();
beforeEach(() => rmSync(path, { force: true }));
after(async () => {
  rmSync(directory, { recursive: true });
  await hashing.close();
});
const text = () => readFileSync(path, 'utf8');
const names = () => readBook(text()).book.users.map(({ name }) => name);

test('editor: a new file is for its owner alone, and what it says logs in by every mechanism', async () => {
  assert.equal(await new PasswordEditor(path).set('joe', 'p\u00e4ss'), 'added');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(
    text(),
    /^joe:\{ARGON2ID\}\$argon2id\$v=19\$m=19456,t=2,p=1\$[^:]+:\{SCRAM-SHA-256\}100000,[^:]+\n$/,
  );
  const server = ownServer({ text: text(), hashing });
  const spoken = await speak(server, { mechanism: 'PLAIN', initial: '\0joe\0pa\u0308ss' });
  assert.equal(outcome(spoken), 'success joe');
  assert.equal(readBook(text()).book.allHaveScram, true);
});

test('editor: other lines, comments, fields and the mode stay', async () => {
  writeFileSync(path, '# users\n\nann:$2a$05$x\njoe:{SHA}x:1000::$old:Joe\nbob:*', { mode: 0o640 });
  const editor = new PasswordEditor(path);
  assert.equal(await editor.set('JOE', 'secret'), 'changed');
  const lines = text().split('\n');
  assert.deepEqual([...lines.slice(0, 3), lines[4], lines[5]], ['# users', '', 'ann:$2a$05$x', 'bob:*', '']);
  assert.match(lines[3] ?? '', /^joe:\{ARGON2ID\}[^:]+:\{SCRAM-SHA-256\}[^:]+:1000::Joe$/);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.equal(await editor.delete('Ann'), true);
  assert.equal(await editor.delete('ann'), false);
  assert.equal(await editor.delete('# users'), false);
  assert.doesNotMatch(text(), /ann/);
  assert.match(text(), /^# users\n\njoe:/);
});

test('editor: a file that is linked to is changed where it is', async () => {
  const real = join(directory, 'real');
  writeFileSync(real, '');
  symlinkSync(real, path);
  await new PasswordEditor(path).set('joe', 'secret');
  assert.match(readFileSync(real, 'utf8'), /^joe:/);
  rmSync(real);
});

test('editor: two at once do not lose one', async () => {
  writeFileSync(path, '');
  const results = await Promise.allSettled(
    ['a', 'b', 'c'].map((name) => new PasswordEditor(path).set(name, 'x')),
  );
  const added = results.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(added >= 1);
  assert.equal(names().length, added);
  for (const result of results) {
    if (result.status === 'rejected')
      assert.match(String(result.reason), /somebody else is changing the file/);
  }
  assert.equal(existsSync(`${path}.new`), false);
});

const badEntries: readonly [name: string, password: string, problem: RegExp][] = [
  ['', 'x', /is no name/],
  ['a:b', 'x', /is no name/],
  [' a', 'x', /is no name/],
  ['#a', 'x', /is no name/],
  ['a\nb', 'x', /is no name/],
  ['a'.repeat(600), 'x', /is no name/],
  ['joe', '', /the password is empty/],
  ['joe', 'x'.repeat(2000), /longer than 1024 bytes/],
  ['joe', 'a\0b', /characters/],
  ['joe', 'a\tb', /characters/],
  ['joe', '\u00ad', /characters/],
];

for (const [name, password, problem] of badEntries) {
  test(`editor: ${JSON.stringify(name.slice(0, 20))} with ${JSON.stringify(password.slice(0, 20))} is refused`, async () => {
    await assert.rejects(new PasswordEditor(path).set(name, password), (error) => {
      return (
        error instanceof BadEntry && problem.test(error.message) && !error.message.includes('x'.repeat(50))
      );
    });
    assert.equal(existsSync(path), false);
  });
}
