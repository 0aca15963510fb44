import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientSettings, transportSettings } from '../../src/relay/client-settings.ts';
import { candidates, type HostSources } from '../../src/relay/host-candidates.ts';
import { Unreachable } from '../../src/relay/unreachable.ts';
import { fakeDns } from './parcel.ts';

const records = {
  'mx:example.com': ['20 backup.test', '10 one.test', '10 two.test'],
  'a:one.test': ['192.0.2.1'],
  'a:two.test': ['192.0.2.2', '192.0.2.22'],
  'aaaa:two.test': ['2001:db8::2'],
  'a:backup.test': ['192.0.2.3'],
  'a:plain.test': ['192.0.2.4'],
  'mx:null.test': ['0 '],
  'mx:slow.test': '!',
  'mx:half.test': ['10 gone.test', '20 one.test'],
  'mx:none.test': ['10 gone.test'],
  'mx:later.test': ['10 unknown.test'],
  'a:unknown.test': '!',
  'mx:own.test': ['10 one.test', '20 us.test', '20 two.test', '30 backup.test'],
  'mx:only-us.test': ['10 us.test'],
  'a:us.test': ['192.0.2.99'],
} as const;

async function names(
  host: string,
  change: Partial<ClientSettings> = {},
  sources: Partial<HostSources> = {},
  mx = true,
  port = 25,
) {
  const settings = transportSettings({ name: 'smtp', heloName: 'gw.test', ...change });
  const dns = fakeDns(records);
  const found: string[] = [];
  for await (const candidate of candidates({ kind: 'host', host, port, mx }, settings, { dns, ...sources })) {
    found.push(candidate.name);
  }
  return { found, asked: dns.asked };
}

test('mail exchangers by preference, IPv4 first where that is preferred', async () => {
  const { found } = await names('example.com');
  assert.equal(found.at(-1), 'backup.test[192.0.2.3]:25');
  assert.deepEqual([...found].sort(), [
    'backup.test[192.0.2.3]:25',
    'one.test[192.0.2.1]:25',
    'two.test[192.0.2.22]:25',
    'two.test[192.0.2.2]:25',
    'two.test[2001:db8::2]:25',
  ]);
  assert.ok(found.indexOf('two.test[2001:db8::2]:25') > found.indexOf('two.test[192.0.2.2]:25'));
  const six = await names('two.test', { families: [6] }, {}, false);
  assert.deepEqual(six.found, ['two.test[2001:db8::2]:25']);
});

test('equal ones come in random order', async () => {
  const first = new Set<string | undefined>();
  for (let i = 0; i < 60; i++) first.add((await names('example.com')).found[0]?.split('[')[0]);
  assert.deepEqual([...first].sort(), ['one.test', 'two.test']);
});

test('worse exchangers are looked up only when they are needed', async () => {
  const dns = fakeDns(records);
  const settings = transportSettings({ name: 'smtp', heloName: 'gw.test' });
  for await (const _ of candidates({ kind: 'host', host: 'example.com', port: 25, mx: true }, settings, {
    dns,
  }))
    break;
  assert.equal(dns.asked.includes('a:backup.test'), false);
});

test('no MX: the domain itself; brackets: never MX; an address: never DNS', async () => {
  assert.deepEqual((await names('plain.test')).found, ['plain.test[192.0.2.4]:25']);
  const bracketed = await names('one.test', {}, {}, false);
  assert.deepEqual(
    [bracketed.found, bracketed.asked.includes('mx:one.test')],
    [['one.test[192.0.2.1]:25'], false],
  );
  assert.deepEqual((await names('192.0.2.7', {}, {}, false)).asked, []);
});

test('an exchanger without address is skipped', async () => {
  assert.deepEqual((await names('half.test')).found, ['one.test[192.0.2.1]:25']);
});

test('the hosts file comes before the DNS, localhost needs neither', async () => {
  const hostsFile = (name: string) => (name === 'plain.test' ? ['10.0.0.1'] : undefined);
  assert.deepEqual((await names('plain.test', {}, { hostsFile }, false)).found, ['plain.test[10.0.0.1]:25']);
  const local = await names('localhost', {}, {}, false, 10026);
  assert.deepEqual(local.found, ['localhost[127.0.0.1]:10026', 'localhost[::1]:10026']);
});

test('we do not send to ourselves, nor to anybody who is no better', async () => {
  const isOwnAddress = (address: string) => address === '192.0.2.99';
  assert.deepEqual((await names('own.test', {}, { isOwnAddress })).found, ['one.test[192.0.2.1]:25']);
  await assert.rejects(names('only-us.test', {}, { isOwnAddress }), /loops back to myself/);
});

test('our end of the connection is bound as told', async () => {
  const settings = transportSettings({ name: 'smtp', heloName: 'x', bindAddress: { 4: '192.0.2.200' } });
  const dns = fakeDns(records);
  for await (const { endpoint } of candidates(
    { kind: 'host', host: 'two.test', port: 25, mx: false },
    settings,
    { dns },
  )) {
    assert.equal(
      endpoint.kind === 'tcp' && endpoint.localAddress,
      endpoint.kind === 'tcp' && endpoint.address.includes(':') ? undefined : '192.0.2.200',
    );
  }
});

const refusals: [host: string, code: number, status: string][] = [
  ['null.test', 556, '5.1.10'],
  ['slow.test', 451, '4.4.3'],
  ['none.test', 451, '4.4.3'],
  ['later.test', 451, '4.4.3'],
  ['nowhere.test', 451, '4.4.3'],
];

for (const [host, code, status] of refusals) {
  test(`${host} cannot be reached: ${code} ${status}`, async () => {
    await assert.rejects(
      names(host),
      (error) => error instanceof Unreachable && error.reply.code === code && error.reply.status === status,
    );
  });
}
