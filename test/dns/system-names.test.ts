import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientNames } from '../../src/dns/client-name.ts';
import type { Answer } from '../../src/dns/dns.ts';
import { HostsFile } from '../../src/dns/hosts-file.ts';
import { nameSources, SystemNames } from '../../src/dns/system-names.ts';

function written(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'names-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, text);
  return path;
}

const HOSTS = `
127.0.0.1   localhost
192.0.2.1   mx.example.com mx Alias.example.com # ours
192.0.2.2   mx
2001:DB8:0::1 mx.example.com
192.0.2.3
nonsense    mx
`;

test('hosts file: the first name is the name of an address, all names lead to it, whatever their case', (t) => {
  const hosts = new HostsFile(written(t, HOSTS));
  assert.equal(hosts.nameOf('192.0.2.1'), 'mx.example.com');
  assert.equal(hosts.nameOf('2001:db8::1'), 'mx.example.com');
  assert.equal(hosts.nameOf('192.0.2.3'), undefined);
  assert.deepEqual(hosts.addressesOf('MX'), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(hosts.addressesOf('mx.example.com.'), ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(hosts.addressesOf('alias.example.com'), ['192.0.2.1']);
  assert.equal(hosts.addressesOf('ours'), undefined);
});

test('hosts file: a new version is seen after a while, a missing file is an empty one', (t) => {
  let now = 0;
  const path = written(t, '192.0.2.1 one\n');
  const hosts = new HostsFile(path, () => now);
  assert.equal(hosts.nameOf('192.0.2.1'), 'one');
  writeFileSync(path, '192.0.2.1 two\n');
  utimesSync(path, 1, 1);
  assert.equal(hosts.nameOf('192.0.2.1'), 'one');
  now = 6_000;
  assert.equal(hosts.nameOf('192.0.2.1'), 'two');
  rmSync(path);
  now = 12_000;
  assert.equal(hosts.nameOf('192.0.2.1'), undefined);
});

test('nsswitch.conf: what we have, in its order, with its actions', (t) => {
  const kinds = (text: string) => nameSources(written(t, text)).map(({ kind }) => kind);
  assert.deepEqual(kinds('passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns\n'), [
    'files',
    'dns',
  ]);
  assert.deepEqual(kinds('hosts:\tdns files'), ['dns', 'files']);
  assert.deepEqual(kinds('hosts: resolve [!UNAVAIL=return] dns'), ['dns']);
  assert.deepEqual(kinds('# hosts: dns\n'), ['files', 'dns']);
  assert.deepEqual(nameSources('/nowhere'), nameSources(written(t, 'hosts: ldap\n')));
  assert.deepEqual(nameSources(written(t, 'hosts: dns [NOTFOUND=return TRYAGAIN=return] files')), [
    { kind: 'dns', stopsAt: ['found', 'absent', 'unknown'] },
    { kind: 'files', stopsAt: ['found'] },
  ]);
});

const down: Answer<string> = { kind: 'unknown', why: 'SERVFAIL' };
const deadDns = { a: async () => down, aaaa: async () => down, ptr: async () => down };

test('names of clients come from the hosts file too, and the last source has the last word', async (t) => {
  const hosts = new HostsFile(written(t, HOSTS));
  const filesFirst = new SystemNames(deadDns, hosts, nameSources(written(t, 'hosts: files dns')));
  const dnsFirst = new SystemNames(deadDns, hosts, nameSources(written(t, 'hosts: dns files')));
  for (const names of [filesFirst, dnsFirst]) {
    assert.equal((await clientNames('192.0.2.1', names)).name, 'mx.example.com');
    assert.equal((await clientNames('2001:db8::1', names)).name, 'mx.example.com');
    assert.equal((await clientNames('192.0.2.2', names)).nameStatus, 'ok');
  }
  assert.equal((await clientNames('192.0.2.9', filesFirst)).nameStatus, 'unknown');
  assert.equal((await clientNames('192.0.2.9', dnsFirst)).nameStatus, 'absent');
});
