/** Argon2, crypt(3) and SCRAM keys against published vectors, and against the system's own crypt(3) where there is one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { newArgon2 } from '../../src/accounts/argon2.ts';
import { readCredential } from '../../src/accounts/credential.ts';
import { Hashing } from '../../src/accounts/hashing.ts';
import { formatVerifier, newVerifier, verifierOf } from '../../src/accounts/scram-keys.ts';
import { shaCrypt } from '../../src/accounts/sha-crypt.ts';
import { LoopWatch } from '../support/processor-time.ts';

const hashing = new Hashing();
after(() => hashing.close());

/** From the reference implementations of Argon2, SHA-crypt (Drepper) and bcrypt (Openwall). */
const vectors: readonly [password: string, hash: string][] = [
  ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  ['password', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
  ['Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!', '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  [
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U*', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
];

for (const [password, hash] of vectors) {
  test(`hash: ${hash.slice(0, 30)}... is one of ${password} and of nothing else`, async () => {
    const credential = readCredential(hash);
    assert.equal(await hashing.matches(credential, password), true);
    assert.equal(await hashing.matches(credential, `${password}x`), false);
    assert.equal(await hashing.matches(credential, ''), false);
  });
}

test('hash: a new Argon2 hash is one of its password, and no two are alike', async () => {
  const [one, two] = [await newArgon2('pencil'), await newArgon2('pencil')];
  assert.notEqual(one, two);
  assert.equal(await hashing.matches(readCredential(one), 'pencil'), true);
  assert.equal(await hashing.matches(readCredential(one), 'Pencil'), false);
});

test('SCRAM keys: a new verifier is read back, and checks passwords', async () => {
  const verifier = readCredential(formatVerifier(await newVerifier('pencil')));
  assert.equal(await hashing.matches(verifier, 'pencil'), true);
  assert.equal(await hashing.matches(verifier, 'pen'), false);
});

test('SCRAM keys: those of the example in RFC 7677', async () => {
  const { storedKey, serverKey } = await verifierOf(
    'pencil',
    Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
    4096,
  );
  assert.equal(storedKey.toString('base64'), 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=');
  assert.equal(serverKey.toString('base64'), 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=');
});

/** What the C library makes of passwords and settings; undefined when it is not to be had. */
function systemCrypt(...asked: (readonly [password: string, setting: string])[]): string[] | undefined {
  const program =
    'while (my ($password, $setting) = splice(@ARGV, 0, 2)) { print crypt($password, $setting), "\\n" }';
  try {
    return execFileSync('perl', ['-e', program, ...asked.flat()], { encoding: 'utf8' })
      .trim()
      .split('\n');
  } catch {
    return undefined;
  }
}

const hasCrypt = systemCrypt(['a', '$6$b$'])?.[0]?.startsWith('$6$b$') === true;

test('SHA-crypt: the same as crypt(3) for passwords of all lengths', {
  skip: hasCrypt ? false : 'perl with a crypt(3) that knows $6$ is not installed',
}, () => {
  const asked = Array.from({ length: 16 }, (_, n) => {
    const length = 1 + 9 * n;
    const password = Array.from({ length }, (_, i) => 'aZ9ü€ x~'[(i * 7 + length) % 8]).join('');
    const settings = ['$5$rounds=1000$abc$', '$6$rounds=1000$0123456789abcdef$', '$6$rounds=1001$a.b/c$'];
    return [...settings, ...(n === 3 ? ['$5$abc$', '$6$abc$'] : [])].map(
      (setting) => [password, setting] as const,
    );
  }).flat();
  assert.deepEqual(
    asked.map(([password, setting]) => shaCrypt(password, setting)),
    systemCrypt(...asked),
  );
});

test('hashing: the event loop goes on while hashes are computed', async () => {
  const slow = readCredential(`$6$rounds=60000$salt$${'a'.repeat(86)}`);
  const costly = readCredential(vectors[0]?.[1] ?? '');
  const watch = new LoopWatch();
  const started = performance.now();
  await Promise.all([slow, costly, slow, costly].map((hash) => hashing.matches(hash, 'x')));
  watch.stop();
  const longest = watch.longestMs;
  console.log(
    `# four slow hashes: ${(performance.now() - started).toFixed(0)} ms, longest pause of the event loop ${longest.toFixed(0)} ms`,
  );
  assert.ok(longest < 50, `${longest} ms`);
});
