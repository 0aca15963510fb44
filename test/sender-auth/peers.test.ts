/** Our signatures checked by other programs and theirs by us: mailauth, and opendkim where it is installed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dkimSign, dkimVerify } from 'mailauth';
import type { Answer } from '../../src/dns/dns.ts';
import { DkimSigning, signingKey } from '../../src/sender-auth/dkim-sign.ts';
import { DkimVerification } from '../../src/sender-auth/dkim-verify.ts';
import { messageParts } from './message-parts.ts';
import { BODY, edPem, edRecord, HEADER, keyDns, rsaPem, rsaRecord, signatureWith } from './signed-message.ts';

/** Mail whose parts are odd in one way or another. */
const MAILS: readonly [header: string, body: string][] = [
  [HEADER, BODY],
  [HEADER, ''],
  [HEADER, '\r\n\r\n'],
  [HEADER, 'no line end'],
  [HEADER, ' leading\r\n\ttabs \t and  blanks \r\n \r\n\r\ntext\r\n'],
  [`${HEADER}Subject: again\r\nCc:\r\nReply-To: \r\n x\r\n`, BODY],
  [HEADER.replace('Subject:', 'SuBjEcT : \r\n'), BODY],
  [HEADER, `${'x'.repeat(900)}\r\n`.repeat(300)],
];

const keys = [signingKey('example.com', 'rsa', rsaPem), signingKey('example.com', 'ed', edPem)] as const;

async function signedByUs(header: string, body: string): Promise<string> {
  const signing = new DkimSigning({ keys });
  signing.header(Buffer.from(header));
  signing.body(Buffer.from(body));
  return `${await signing.finish()}${header}\r\n${body}`;
}

async function verifiedByUs(message: string): Promise<string[]> {
  const { header, body } = messageParts(message);
  const verification = new DkimVerification({ dns: keyDns(), timeoutMs: 5_000 });
  verification.header(header);
  verification.body(body);
  return (await verification.finish()).map(
    ({ result, algorithm, comment }) => `${algorithm} ${result} ${comment}`,
  );
}

async function resolver(name: string): Promise<string[][]> {
  const answer: Answer<string> = await keyDns().txt(name);
  if (answer.kind === 'found') return answer.records.map((record) => [record]);
  throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
}

async function verifiedByMailauth(message: string): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(message), { resolver, strict: true });
  return results.map(({ status }) => status.result);
}

test('mailauth accepts our signatures, and not over changed mail', async () => {
  for (const [header, body] of MAILS) {
    const message = await signedByUs(header, body);
    assert.deepEqual(await verifiedByMailauth(message), ['pass', 'pass'], JSON.stringify(body.slice(0, 40)));
    const changed = await verifiedByMailauth(`${message}x`);
    assert.ok(!changed.includes('pass'), String(changed));
  }
});

test('we accept the signatures of mailauth in all four canonicalizations', async () => {
  for (const [header, body] of MAILS) {
    for (const canonicalization of ['relaxed/relaxed', 'relaxed/simple', 'simple/relaxed', 'simple/simple']) {
      for (const [{ domain, selector, type }, wanted] of [
        [keys[0], 'rsa-sha256'],
        [keys[1], 'ed25519-sha256'],
      ] as const) {
        const privateKey = type === 'rsa' ? rsaPem : edPem;
        const message = Buffer.from(`${header}\r\n${body}`);
        const one = { signingDomain: domain, selector, privateKey };
        const { signatures } = await dkimSign(message, { ...one, canonicalization, signatureData: [one] });
        const what = `${canonicalization} ${JSON.stringify(body.slice(0, 40))}`;
        assert.match(String(await verifiedByUs(signatures + message)), new RegExp(`^${wanted} pass`), what);
        assert.match(
          String(await verifiedByUs(`${signatures}${message}x`)),
          new RegExp(`^${wanted} fail`),
          what,
        );
      }
    }
  }
});

test('mailauth agrees with us about spoiled signatures', async () => {
  const cases: Record<string, string>[] = [
    { v: '2' },
    { h: 'to:subject' },
    { i: '@other.example' },
    { t: '100', x: '50' },
    { x: '1000' },
    { q: 'http' },
    { bh: 'AAAA' },
    { d: 'com' },
    { c: 'foo/bar' },
    { a: 'rsa-sha512' },
  ];
  for (const tags of cases) {
    const message = `${signatureWith(tags)}${HEADER}\r\n${BODY}`;
    const [ours, theirs] = [await verifiedByUs(message), await verifiedByMailauth(message)];
    assert.ok(
      !ours.some((result) => result.includes('pass')) && !theirs.includes('pass'),
      JSON.stringify({ tags, ours, theirs }),
    );
  }
  const good = `${signatureWith({})}${HEADER}\r\n${BODY}`;
  assert.deepEqual(
    [await verifiedByUs(good), await verifiedByMailauth(good)],
    [['rsa-sha256 pass 2048-bit key'], ['pass']],
  );
});

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const without = isInstalled('opendkim') ? false : 'opendkim is not installed';

/** What opendkim does to a message in its test mode: its header changes, one text. */
function opendkim(settings: Readonly<Record<string, string>>, message: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'opendkim-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const all: Record<string, string> = {
    Syslog: 'no',
    RequireSafeKeys: 'no',
    TestPublicKeys: file(
      'keys',
      `rsa._domainkey.example.com ${rsaRecord}\ned._domainkey.example.com ${edRecord}\n`,
    ),
    ...settings,
  };
  if (all.KeyFile !== undefined) all.KeyFile = file('key.pem', all.KeyFile);
  const lines = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
  return execFileSync(
    'opendkim',
    ['-x', file('conf', lines.join('')), '-t', file('message', message), '-vv'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
}

test('opendkim accepts our signatures, and not over changed mail', { skip: without }, async () => {
  for (const [header, body] of MAILS) {
    if (!body.endsWith('\r\n')) continue; // it takes no other body
    const message = await signedByUs(header, body);
    const results = opendkim({ Mode: 'v' }, message).match(/dkim=\w+/g);
    assert.deepEqual(results, ['dkim=pass', 'dkim=pass'], JSON.stringify(body.slice(0, 40)));
    assert.deepEqual(opendkim({ Mode: 'v' }, `${message}x\r\n`).match(/dkim=\w+/g), [
      'dkim=fail',
      'dkim=fail',
    ]);
  }
});

test('we accept the signatures of opendkim', { skip: without }, async () => {
  const signer = {
    Mode: 's',
    Domain: 'example.com',
    Selector: 'rsa',
    KeyFile: rsaPem,
    SignatureAlgorithm: 'rsa-sha256',
    InternalHosts: 'csl:0.0.0.0/0',
  };
  for (const [header, body] of MAILS) {
    if (!body.endsWith('\r\n')) continue;
    // it is not told the white space around a colon, so fields that are odd there cannot be signed as they are
    const forms = header === HEADER ? ['relaxed/relaxed', 'simple/simple'] : ['relaxed/relaxed'];
    for (const Canonicalization of forms) {
      const report = opendkim(
        { ...signer, Canonicalization, OversignHeaders: 'From' },
        `${header}\r\n${body}`,
      );
      const value = /hname='DKIM-Signature' hvalue='([^']*)'/.exec(report)?.[1] ?? assert.fail(report);
      const message = `DKIM-Signature: ${value.trim().replace(/\r?\n/g, '\r\n')}\r\n${header}\r\n${body}`;
      assert.deepEqual(
        await verifiedByUs(message),
        ['rsa-sha256 pass 2048-bit key'],
        `${Canonicalization} ${header}`,
      );
    }
  }
});
