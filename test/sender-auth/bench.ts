/**
 * Prints what the checks cost, CPU in milliseconds for each mail, and what mailauth takes for the same. Not a test:
 * `node test/sender-auth/bench.ts`
 */
import { dkimVerify } from 'mailauth';
import { address } from '../../src/mail/address.ts';
import {
  authenticationResults,
  dkimMethods,
  dmarcMethod,
  spfMethod,
} from '../../src/sender-auth/authentication-results.ts';
import { DkimSigning, signingKey } from '../../src/sender-auth/dkim-sign.ts';
import { DkimVerification } from '../../src/sender-auth/dkim-verify.ts';
import { evaluateDmarc } from '../../src/sender-auth/dmarc.ts';
import { authorOfFields } from '../../src/sender-auth/from-header.ts';
import { checkSpf } from '../../src/sender-auth/spf.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';
import { edPem, HEADER, keyZone, rsaPem } from './signed-message.ts';

const ROUNDS = 400;

async function measure(what: string, work: () => unknown, allowedMs?: number): Promise<void> {
  for (let i = 0; i < ROUNDS / 2; i++) await work();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    for (let i = 0; i < ROUNDS; i++) await work();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / 1000 / ROUNDS);
  }
  console.log(
    `${what.padEnd(48)} ${best.toFixed(3)} ms${allowedMs === undefined ? '' : ` (allowed ${allowedMs})`}`,
  );
}

const ranges = (third: number) =>
  Array.from({ length: 10 }, (_, i) => `ip4:203.0.${third}.${i * 16}/28`).join(' ');
const zone: FakeZone = {
  ...keyZone,
  'example.com': {
    TXT: [
      'v=spf1 mx a:out.example.com include:_spf.one.example include:_spf.two.example ip4:192.0.2.0/24 -all',
      'other=1',
    ],
    MX: ['mx1.example.com', 'mx2.example.com'],
  },
  'mx1.example.com': { A: ['192.0.2.1'] },
  'mx2.example.com': { A: ['192.0.2.2'] },
  'out.example.com': { A: ['192.0.2.3'] },
  '_spf.one.example': { TXT: [`v=spf1 include:_spf.three.example ${ranges(113)} ~all`] },
  '_spf.two.example': { TXT: [`v=spf1 ${ranges(114)} ~all`] },
  '_spf.three.example': { TXT: [`v=spf1 ip6:2001:db8::/32 ${ranges(115)} ~all`] },
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; rua=mailto:dmarc@example.com'] },
};
const dns = new FakeDns(zone);
const question = {
  address: '192.0.2.77',
  helo: 'mail.example.com',
  sender: address('joe@example.com'),
  receiver: 'mx.example.net',
};
const askSpf = () => checkSpf(question, { dns, timeoutMs: 20_000 });

const LINE = 'The quick brown fox jumps over the lazy dog, and then  some more words of it.\r\n';
const header = Buffer.from(HEADER);
const rsa = signingKey('example.com', 'rsa', rsaPem);
const ed = signingKey('example.com', 'ed', edPem);

function chunks(size: number): Buffer[] {
  const body = Buffer.from(`${LINE.repeat(Math.ceil(size / LINE.length)).slice(0, size - 2)}\r\n`);
  return Array.from({ length: Math.ceil(size / 65_536) }, (_, i) =>
    body.subarray(i * 65_536, (i + 1) * 65_536),
  );
}

async function sign(body: readonly Buffer[], keys: (typeof rsa)[]): Promise<Buffer> {
  const signing = new DkimSigning({ keys });
  signing.header(header);
  for (const chunk of body) signing.body(chunk);
  return signing.finish();
}

async function verify(signedHeader: Buffer, body: readonly Buffer[]) {
  const verification = new DkimVerification({ dns, timeoutMs: 5_000 });
  verification.header(signedHeader);
  for (const chunk of body) verification.body(chunk);
  return { dkim: await verification.finish(), fields: verification.fields };
}

async function everything(signedHeader: Buffer, body: readonly Buffer[]): Promise<string> {
  const spf = await askSpf();
  const { dkim, fields } = await verify(signedHeader, body);
  const dmarc = await evaluateDmarc({ author: authorOfFields(fields), spf, dkim }, { dns, timeoutMs: 5_000 });
  return authenticationResults('mx.example.net', [
    spfMethod(spf, question),
    ...dkimMethods(dkim),
    dmarcMethod(dmarc),
  ]);
}

const resolver = async (name: string): Promise<string[][]> => {
  const answer = await dns.txt(name);
  return answer.kind === 'found' ? answer.records.map((record) => [record]) : [];
};

console.log(`SPF: ${(await askSpf()).result}, ${(await askSpf()).lookups} terms that need the DNS`);
await measure('SPF from cached DNS', askSpf, 0.1);
for (const [size, allowed] of [
  [4096, 0.4],
  [276_480, 1.5],
] as const) {
  const body = chunks(size);
  const signed = Buffer.concat([await sign(body, [rsa]), header]);
  const whole = Buffer.concat([signed, Buffer.from('\r\n'), ...body]);
  console.log(`\n${size} bytes: ${(await everything(signed, body)).replaceAll('\r\n\t', ' ')}`);
  await measure('verify one RSA-2048 signature', () => verify(signed, body), allowed);
  await measure('the same by mailauth', () => dkimVerify(whole, { resolver }));
  await measure('SPF, DKIM, DMARC and the field for them', () => everything(signed, body));
  await measure('sign with RSA-2048', () => sign(body, [rsa]));
  await measure('sign with RSA-2048 and Ed25519', () => sign(body, [rsa, ed]));
}
