import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  inetEndpoints,
  isDisabled,
  type ListenSettings,
  portNumber,
  unixEndpoint,
} from '../../src/settings/endpoints.ts';
import { hostsFileAddresses, loopbackAddresses } from '../../src/settings/own-host.ts';

const known_tcp_ports = ['lmtp=24', 'smtp=25', 'smtps=submissions=465', 'submission=587'];
const plain: ListenSettings = {
  inet_interfaces: ['all'],
  inet_protocols: ['all'],
  known_tcp_ports,
  queue_directory: '/var/spool/postfix',
};

function listening(name: string, settings: Partial<ListenSettings> = {}): string {
  const found = inetEndpoints(name, { ...plain, ...settings });
  if (!Array.isArray(found)) return `! ${found.problem}`;
  return found.map((place) => (place.kind === 'inet' ? `${place.host}|${place.port}` : place.path)).join(' ');
}

const places: [name: string, where: string, settings?: Partial<ListenSettings>][] = [
  ['smtp', '|25'],
  ['smtps', '|465'],
  ['submissions', '|465'],
  ['submission', '|587'],
  ['2525', '|2525'],
  ['127.0.0.1:10025', '127.0.0.1|10025'],
  ['[127.0.0.1]:10025', '127.0.0.1|10025'],
  ['[::1]:2525', '::1|2525'],
  ['[IPv6:2001:db8::1]:smtp', '2001:db8::1|25'],
  ['::1:2525', '::1|2525'],
  [':25', '|25'],
  ['mx.example.test:25', 'mx.example.test|25'],
  ['smtp', '0.0.0.0|25', { inet_protocols: ['ipv4'] }],
  ['smtp', '::|25', { inet_protocols: ['ipv6'] }],
  ['smtp', '|25', { inet_protocols: ['ipv4', 'ipv6'] }],
  ['smtp', '192.0.2.1|25 2001:db8::1|25', { inet_interfaces: ['192.0.2.1', '[2001:db8::1]', '192.0.2.1'] }],
  ['smtp', '192.0.2.1|25', { inet_interfaces: ['192.0.2.1', '2001:db8::1'], inet_protocols: ['ipv4'] }],
  ['192.0.2.9:25', '192.0.2.9|25', { inet_interfaces: ['192.0.2.1'] }],
  ['[::1]:25', '! "[::1]:25" has no address that inet_protocols (ipv4) allows', { inet_protocols: ['ipv4'] }],
  ['smtp', '! "smtp" has no address that inet_protocols () allows', { inet_protocols: [] }],
  ['nowhere', '! there is no port "nowhere"'],
  ['0', '! there is no port "0"'],
  ['70000', '! there is no port "70000"'],
  ['host:', '! "host:" is no place to listen'],
  ['[::1', '! "[::1" is no place to listen'],
];

for (const [name, where, settings] of places) {
  test(`${name} with ${JSON.stringify(settings ?? {})} listens at ${where}`, () => {
    assert.equal(listening(name, settings), where);
  });
}

test('loopback-only is every loopback address of the protocols', () => {
  const wanted = loopbackAddresses().map((host) => `${host}|25`);
  assert.ok(wanted.includes('127.0.0.1|25'));
  assert.equal(listening('smtp', { inet_interfaces: ['loopback-only'] }), wanted.join(' '));
  assert.equal(
    listening('smtp', { inet_interfaces: ['loopback-only'], inet_protocols: ['ipv4'] }),
    wanted.filter((place) => !place.includes('::')).join(' '),
  );
});

test('a name in /etc/hosts stands for its addresses', () => {
  const addresses = hostsFileAddresses('localhost').filter((address) => !address.includes(':'));
  const wanted =
    addresses.length === 0 ? 'localhost|25' : addresses.map((address) => `${address}|25`).join(' ');
  assert.equal(listening('localhost:smtp', { inet_protocols: ['ipv4'] }), wanted);
});

test('sockets stand below the queue directory, unless their path is absolute', () => {
  assert.deepEqual(unixEndpoint('policy', true, plain), {
    kind: 'unix',
    path: '/var/spool/postfix/private/policy',
  });
  assert.deepEqual(unixEndpoint('policy', false, plain), {
    kind: 'unix',
    path: '/var/spool/postfix/public/policy',
  });
  assert.deepEqual(unixEndpoint('/run/policy', true, plain), { kind: 'unix', path: '/run/policy' });
});

test('known_tcp_ports comes before /etc/services', () => {
  assert.equal(portNumber('smtp', ['smtp=2525']), 2525);
  assert.equal(portNumber('smtp', ['smtp=x']), undefined);
});

const disabled: [name: string, type: string, patterns: string[], answer: boolean][] = [
  ['smtp', 'inet', [], false],
  ['smtp', 'inet', ['inet'], true],
  ['smtp', 'inet', ['smtp/inet'], true],
  ['smtp', 'inet', ['smtp.inet'], true],
  ['smtp', 'inet', ['SMTP/INET'], true],
  ['smtp', 'inet', ['smtp/unix'], false],
  ['smtp', 'inet', ['!smtp/inet', 'inet'], false],
  ['submission', 'inet', ['!smtp/inet', 'inet'], true],
  ['127.0.0.1:25', 'inet', ['127.0.0.1:25.inet'], true],
  ['smtp', 'unix-dgram', ['unix-dgram'], true],
];

for (const [name, type, patterns, answer] of disabled) {
  test(`${name}/${type} is ${answer ? '' : 'not '}disabled by "${patterns.join(' ')}"`, () => {
    assert.equal(isDisabled(name, type, patterns), answer);
  });
}
