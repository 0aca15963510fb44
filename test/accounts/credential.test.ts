import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadCredential, readCredential } from '../../src/accounts/credential.ts';
import { processorMs } from '../support/processor-time.ts';

const BCRYPT = '$2y$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6';
const SHA512 =
  '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz';
const ARGON2 = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
const SCRAM =
  '4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';

const good: readonly [text: string, kind: string][] = [
  [ARGON2, 'argon2'],
  [`{ARGON2ID}${ARGON2}`, 'argon2'],
  [`{argon2id}${ARGON2}`, 'argon2'],
  [`{ARGON2I}${ARGON2.replace('argon2id', 'argon2i')}`, 'argon2'],
  [BCRYPT, 'crypt'],
  [`{BLF-CRYPT}${BCRYPT}`, 'crypt'],
  [`{CRYPT}${BCRYPT.replace('2y', '2b')}`, 'crypt'],
  [`${SHA512}1`, 'crypt'],
  [`{SHA512-CRYPT}${SHA512}1`, 'crypt'],
  [`{SHA256-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5`, 'crypt'],
  [`$6$rounds=10000$saltstringsaltst$${'a'.repeat(86)}`, 'crypt'],
  [`{SCRAM-SHA-256}${SCRAM}`, 'scram'],
];

for (const [text, kind] of good) {
  test(`credential: ${text.slice(0, 40)} is ${kind}`, () => assert.equal(readCredential(text).kind, kind));
}

const bad: readonly [text: string, problem: RegExp][] = [
  ['secret', /this is no hash/],
  ['', /this is no hash/],
  ['{PLAIN}secret', /in the clear/],
  ['{cleartext}secret', /in the clear/],
  ['{PLAIN.b64}c2VjcmV0', /in the clear/],
  ['{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /scheme \{SHA\} is not known/],
  ['{ARGON2ID.HEX}00', /is not known/],
  ['{constructor}x', /is not known/],
  ['{ARGON2ID}secret', /not an Argon2 hash/],
  [ARGON2.replace('v=19', 'v=16'), /not an Argon2 hash/],
  [ARGON2.replace('c29tZXNhbHQ', 'c29t'), /not an Argon2 hash/],
  [ARGON2.replace('m=65536', 'm=4'), /not an Argon2 hash/],
  [ARGON2.replace('m=65536', 'm=1048577'), /costs more/],
  [ARGON2.replace('m=65536,t=2', 'm=1048576,t=5'), /costs more/],
  [ARGON2.replace('p=1', 'p=65'), /costs more/],
  [BCRYPT.replace('$05', '$16'), /costs more/],
  [BCRYPT.replace('$05', '$03'), /not a bcrypt/],
  [BCRYPT.replace('2y', '2x'), /not a bcrypt hash that is safe/],
  [SHA512, /not a hash of bcrypt/],
  ['$1$salt$qJH7.N4xYta3aEG/dfqo/0', /not a hash of bcrypt/],
  ['$y$j9T$salt$hash', /not a hash of bcrypt/],
  [`$6$rounds=999$salt$${'a'.repeat(86)}`, /1000 or more rounds/],
  [`$6$rounds=1000001$salt$${'a'.repeat(86)}`, /costs more/],
  [`{SCRAM-SHA-256}${SCRAM.replace('4096', '1000')}`, /4096 or more/],
  [`{SCRAM-SHA-256}${SCRAM.replace('4096', '99999999')}`, /costs more/],
  ['{SCRAM-SHA-256}4096,a,b,c', /not a SCRAM/],
];

for (const [text, problem] of bad) {
  test(`credential: ${text.slice(0, 40)} is refused, and not quoted`, () => {
    assert.throws(
      () => readCredential(text),
      (error) =>
        error instanceof BadCredential && problem.test(error.message) && !/secret/.test(error.message),
    );
  });
}

test('credential: reading a hostile megabyte is quick', () => {
  const started = processorMs();
  for (const unit of ['$', '{', '$6$', 'a', '$argon2id$v=19$m=', '4096,']) {
    assert.throws(() => readCredential(`{CRYPT}${unit.repeat(200_000)}`), BadCredential);
    assert.throws(() => readCredential(`{SCRAM-SHA-256}${unit.repeat(200_000)}`), BadCredential);
    assert.throws(() => readCredential(unit.repeat(200_000)), BadCredential);
  }
  assert.ok(processorMs() - started < 500);
});
