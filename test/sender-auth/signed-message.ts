/** Keys made once, and messages signed with them by tags that a test chooses: what a careless or hostile signer sends. */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { BodyHashes } from '../../src/sender-auth/body-hash.ts';
import { makeDkimKey } from '../../src/sender-auth/dkim-keygen.ts';
import { headerFields, relaxedField } from '../../src/sender-auth/header-fields.ts';
import { SignableFields } from '../../src/sender-auth/signature-check.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';

const rsaPair = await makeDkimKey('rsa');
const edPair = await makeDkimKey('ed25519');
export const rsaPem = rsaPair.privateKeyPem;
export const edPem = edPair.privateKeyPem;
export const rsaRecord = rsaPair.record;
export const edRecord = edPair.record;

/** Publishes both keys at `rsa` and `ed` of example.com. */
export const keyZone: FakeZone = {
  'rsa._domainkey.example.com': { TXT: [rsaRecord] },
  'ed._domainkey.example.com': { TXT: [edRecord] },
};
export const keyDns = () => new FakeDns(keyZone);

export const HEADER = [
  'Received: from a.example.com by b.example.com;\r\n\tMon, 1 Jan 2024 00:00:00 +0000',
  'From: Joe <joe@example.com>',
  'To: Jane <jane@example.net>',
  'Subject: a  folded\r\n\tsubject ',
  'Date: Mon, 1 Jan 2024 00:00:00 +0000',
  'Message-ID: <1@example.com>',
  '',
].join('\r\n');
export const BODY = 'Hello  world \r\n\r\n\ttab\r\n\r\n\r\n';

const rsaKey = createPrivateKey(rsaPem);

/** A signature field (relaxed header) with these tags instead of the usual ones, signed with the RSA key or another. */
export function signatureWith(
  tags: Readonly<Record<string, string>>,
  header = HEADER,
  body = BODY,
  key: KeyObject = rsaKey,
): string {
  const all: Record<string, string> = {
    v: '1',
    a: 'rsa-sha256',
    c: 'relaxed/relaxed',
    d: 'example.com',
    s: 'rsa',
    h: 'from:to:subject:date',
    ...tags,
  };
  all.bh ??= bodyHash(all.c ?? '', all.l, body);
  const unsigned = `DKIM-Signature: ${Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')}; b=`;
  const fields = new SignableFields(headerFields(Buffer.from(header, 'latin1')));
  const covered = fields.select((all.h ?? '').toLowerCase().split(/\s*:\s*/), 'relaxed');
  const own = relaxedField({ name: 'dkim-signature', raw: unsigned });
  const data = Buffer.from([...covered, own].join('\r\n'), 'latin1');
  const digest =
    key.asymmetricKeyType === 'rsa'
      ? sign('sha256', data, key)
      : sign(null, createHash('sha256').update(data).digest(), key);
  return `${unsigned}${digest.toString('base64')}\r\n`;
}

function bodyHash(canonicalization: string, limit: string | undefined, body: string): string {
  const bodies = new BodyHashes();
  const form = canonicalization.endsWith('/relaxed') ? 'relaxed' : 'simple';
  const hash = bodies.want(form, limit === undefined ? undefined : Number(limit));
  bodies.update(Buffer.from(body, 'latin1'));
  bodies.end();
  return hash.digest().toString('base64');
}
