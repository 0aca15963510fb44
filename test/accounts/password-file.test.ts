import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '../support/processor-time.ts';
import { readBook } from './login-parts.ts';

const HASH = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
const SCRAM =
  '{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';

test('password file: users, comments, empty lines, fields of Dovecot', () => {
  const { book, complaints } = readBook(
    `# users\n\njoe:${HASH}:${SCRAM}\r\n  # not a user\nann@example.com:{ARGON2ID}${HASH}:1000:1000::/home/ann::userdb_quota=1G\nbob:${SCRAM}`,
  );
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    book.users.map(({ name, line, hash, scram }) => [name, line, hash.kind, scram !== undefined]),
    [
      ['joe', 3, 'argon2', true],
      ['ann@example.com', 5, 'argon2', false],
      ['bob', 6, 'scram', true],
    ],
  );
  assert.equal(book.allHaveScram, false);
  assert.equal(book.someHaveScram, true);
});

test('password file: names are found in any case, and as they are written', () => {
  const { book } = readBook(`Joe@Example.com:${HASH}\nJÖRG:${HASH}\n`);
  assert.equal(book.find('joe@example.COM')?.name, 'Joe@Example.com');
  assert.equal(book.find('jörg')?.name, 'JÖRG');
  assert.equal(book.find('jo\u0308rg')?.name, 'JÖRG');
  assert.equal(book.find('joe'), undefined);
  for (const name of ['__proto__', 'constructor', '']) assert.equal(book.find(name), undefined);
});

const broken: readonly [line: string, problem: RegExp][] = [
  ['joe', /^2: this is not user:hash; set the password with "portcullis passwd"$/],
  ['joe:', /^2: this is not user:hash/],
  [`:${HASH}`, /^2: this is not user:hash/],
  [` joe:${HASH}`, /^2: this is not user:hash/],
  ['joe:secret', /^2: user "joe": this is no hash; a password in the clear is not read/],
  ['joe:{PLAIN}secret', /^2: user "joe": a password in the clear is not read/],
  [`ANN:${HASH}`, /^2: "ANN" stands in line 1 already; remove one of the two$/],
  [`j\0e:${HASH}`, /^2: this is no name of a user/],
  [`${'j'.repeat(600)}:${HASH}`, /^2: this is no name of a user/],
  [`joe:${HASH}:{SCRAM-SHA-256}4096`, /^2: user "joe": this is not a SCRAM-SHA-256 verifier/],
];

for (const [line, problem] of broken) {
  test(`password file: ${JSON.stringify(line.slice(0, 40))} is told and left out, the others count`, () => {
    const { book, complaints } = readBook(`ann:${HASH}\n${line}\nbob:${HASH}\n`);
    assert.deepEqual(
      book.users.map(({ name }) => name),
      ['ann', 'bob'],
    );
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? '', problem);
    assert.doesNotMatch(complaints[0] ?? '', /secret/);
  });
}

test('password file: a lock keeps a user out, whatever is behind it', () => {
  const { book, complaints } = readBook(`a:!${HASH}:${SCRAM}\nb:*\nc:!\nd:!nonsense\n`);
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    book.users.map(({ isLocked }) => isLocked),
    [true, true, true, true],
  );
  assert.equal(book.someHaveScram, false);
});

test('password file: a name that nobody has is always taken for the same somebody, with the same salt', () => {
  const text = Array.from({ length: 50 }, (_, i) => `user${i}:${HASH}:${SCRAM}\n`).join('');
  const [one, two] = [readBook(text).book, readBook(`${text}another:${HASH}\n`).book];
  for (const name of ['nobody', 'root', 'admin@example.com']) {
    assert.equal(one.decoyFor(name), one.decoyFor(name.toUpperCase()));
    assert.deepEqual(one.decoySalt(name, 16), two.decoySalt(name, 16), 'another user does not change it');
    assert.equal(one.decoySalt(name, 16).length, 16);
  }
  const chosen = new Set(Array.from({ length: 200 }, (_, i) => one.decoyFor(`x${i}`)));
  assert.ok(chosen.size > 30, `${chosen.size} of 50`);
  assert.equal(readBook('').book.decoyFor('x'), undefined);
});

test('password file: 20,000 users are read in little time', () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `user${i}@example.com:${HASH}:${SCRAM}\n`).join('');
  const started = processorMs();
  const { book, complaints } = readBook(text);
  const ms = processorMs() - started;
  console.log(`# 20,000 users: ${ms.toFixed(0)} ms`);
  assert.equal(book.users.length, 20_000);
  assert.deepEqual(complaints, []);
  assert.ok(ms < 2_000);
});
