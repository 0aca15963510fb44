import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { DkimSigning, signingKey } from '../../src/sender-auth/dkim-sign.ts';
import { type DkimResult, DkimVerification } from '../../src/sender-auth/dkim-verify.ts';
import { BODY, edPem, HEADER, keyDns, rsaPem } from './signed-message.ts';

const keys = [signingKey('example.com', 'rsa', rsaPem), signingKey('example.com', 'ed', edPem)];
const clock = () => 1_700_000_000_999;

async function signed(header: string, body: string, size = 1_000_000): Promise<string> {
  const signing = new DkimSigning({ keys, clock });
  signing.header(Buffer.from(header, 'latin1'));
  for (let at = 0; at < body.length; at += size)
    signing.body(Buffer.from(body.slice(at, at + size), 'latin1'));
  return (await signing.finish()).toString('latin1');
}

async function verify(header: string, body: string): Promise<DkimResult[]> {
  const verification = new DkimVerification({ dns: keyDns(), timeoutMs: 5_000, clock });
  verification.header(Buffer.from(header, 'latin1'));
  verification.body(Buffer.from(body, 'latin1'));
  return verification.finish();
}

const results = async (header: string, body: string) =>
  (await verify(header, body)).map(({ result }) => result);

test('two keys make two signatures that both hold, however the body is cut', async () => {
  for (const body of [BODY, '', 'no line end', '\r\n\r\n', `${'long '.repeat(5000)}\r\n`]) {
    for (const size of [1, 7, 1_000_000]) {
      const fields = await signed(HEADER, body, size);
      assert.deepEqual(
        await results(fields + HEADER, body),
        ['pass', 'pass'],
        JSON.stringify(body.slice(0, 20)),
      );
    }
  }
});

test('the form of the field', async () => {
  const fields = await signed(HEADER, BODY);
  assert.match(fields, /^(?:[^\r\n]+\r\n)+$/);
  for (const line of fields.split('\r\n')) assert.ok(line.length <= 80, line);
  const [first = '', second = ''] = fields.split(/(?<=\r\n)(?=DKIM)/);
  assert.match(
    first,
    /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.com;\r\n\ts=rsa; t=1700000000;\r\n/,
  );
  assert.match(second, /^DKIM-Signature: v=1; a=ed25519-sha256;/);
  const names = /h=([^;]*);/.exec(first)?.[1]?.replace(/\s/g, '').split(':');
  assert.deepEqual(names, [
    ...['From', 'From', 'To', 'To', 'Cc', 'Subject', 'Subject', 'Date', 'Date', 'Reply-To'],
    ...['Message-ID', 'Message-ID'],
  ]);
});

test('what may not be added or changed afterwards, and what may', async () => {
  const fields = await signed(`${HEADER}Sender: s@example.com\r\nList-Id: <l.example.com>\r\n`, BODY);
  const rest = `${HEADER}Sender: s@example.com\r\nList-Id: <l.example.com>\r\n`;
  const cases: [what: string, header: string, result: string][] = [
    ...['From', 'To', 'Cc', 'Subject', 'Date', 'Reply-To', 'Message-ID'].map(
      (name): [string, string, string] => [`another ${name}`, `${name}: x\r\n${fields}${rest}`, 'fail'],
    ),
    ['another Sender changed', fields + rest.replace('s@', 't@'), 'fail'],
    ['a trace', `Return-Path: <x@y>\r\nReceived: z\r\nAuthentication-Results: w\r\n${fields}${rest}`, 'pass'],
    ['a list on top', `List-Unsubscribe: <x>\r\n${fields}${rest}`, 'pass'],
    ['a changed trace', fields + rest.replace('by b.example.com', 'by c.example.com'), 'pass'],
  ];
  for (const [what, header, result] of cases)
    assert.deepEqual(await results(header, BODY), [result, result], what);
});

test('bytes beyond ASCII and repeated fields are signed as they are', async () => {
  const header = `${HEADER}Subject: \xe4\xf6\xfc zwei\r\nCc: a@x\r\nCc: b@x\r\n`;
  const fields = await signed(header, 'K\xf6ln\r\n');
  assert.deepEqual(await results(fields + header, 'K\xf6ln\r\n'), ['pass', 'pass']);
  assert.deepEqual(await results(fields + header.replace('b@x', 'c@x'), 'K\xf6ln\r\n'), ['fail', 'fail']);
});

test('names in another script are signed for as A-labels', () => {
  const { domain, selector } = signingKey('Bücher.example', 'Sel.2024', edPem);
  assert.deepEqual([domain, selector], ['xn--bcher-kva.example', 'sel.2024']);
});

test('keys that cannot sign say what is wrong and never show themselves', () => {
  const pem = (key: { export(how: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
    key.export({ type: 'pkcs8', format: 'pem' });
  const weak = pem(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey);
  const curve = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const cases: [domain: string, selector: string, pem: string | Buffer, message: RegExp][] = [
    ['example.com', 's', 'no key', /^key of s\._domainkey\.example\.com cannot be read; .*PEM.* is needed$/],
    ['example.com', 's', weak, /is RSA of 768 bits; RSA of at least 1024 bits or Ed25519 is needed$/],
    ['example.com', 's', curve, /is ec; RSA/],
    ['exam ple', 's', rsaPem, /no domain name/],
    ['example.com', 'a..b', rsaPem, /no domain name/],
  ];
  for (const [domain, selector, key, message] of cases) {
    assert.throws(() => signingKey(domain, selector, key), { name: 'RangeError', message });
  }
});
