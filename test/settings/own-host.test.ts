import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  domainOfHost,
  hostsFileAddresses,
  ownHostName,
  ownNetworks,
  servicesFilePort,
} from '../../src/settings/own-host.ts';
import { writtenDirectory } from './written-directory.ts';

const directory = writtenDirectory({
  hosts:
    '127.0.0.1 localhost\n192.0.2.1\tmx.example.org mx # mail\n#192.0.2.2 mx\n192.0.2.3 MX\nfe80::1%lo x\nbad mx\n',
  services: 'smtp\t25/tcp\tmail\nntp 123/udp\n# x 1/tcp\nsubmission 587/tcp # msa\n',
});

test('the host name is completed with a domain', () => {
  const short = !hostname().includes('.');
  assert.equal(ownHostName('example.org'), short ? `${hostname()}.example.org` : hostname());
  assert.equal(ownHostName(undefined), short ? `${hostname()}.localdomain` : hostname());
  assert.equal(domainOfHost('mx.example.org'), 'example.org');
  assert.equal(domainOfHost('mx'), 'localdomain');
});

test('a hosts file knows names, in any case', () => {
  const hosts = join(directory, 'hosts');
  assert.deepEqual(hostsFileAddresses('mx', hosts), ['192.0.2.1', '192.0.2.3']);
  assert.deepEqual(hostsFileAddresses('MX.example.org', hosts), ['192.0.2.1']);
  assert.deepEqual(hostsFileAddresses('nobody', hosts), []);
  assert.deepEqual(hostsFileAddresses('mx', join(directory, 'gone')), []);
});

test('a services file knows ports of TCP', () => {
  const services = join(directory, 'services');
  assert.equal(servicesFilePort('smtp', services), 25);
  assert.equal(servicesFilePort('mail', services), 25);
  assert.equal(servicesFilePort('ntp', services), undefined);
  assert.equal(servicesFilePort('msa', services), undefined);
  assert.equal(servicesFilePort('smtp', join(directory, 'gone')), undefined);
});

test('own networks are those of the interfaces', () => {
  assert.equal(ownNetworks('host', '127.0.0.1', 'ipv4'), '127.0.0.1/32');
  assert.equal(ownNetworks('subnet', '127.0.0.1', 'all'), '127.0.0.0/8');
  assert.equal(ownNetworks('class', '127.0.0.1', 'all'), '127.0.0.0/8');
  assert.equal(ownNetworks('host', '127.0.0.1', 'ipv6'), '');
  assert.equal(ownNetworks('host', '192.0.2.254', 'ipv4'), '');
  for (const network of ownNetworks('subnet', 'all', 'all').split(' ')) {
    const [address = '', prefix = ''] = network.split('/');
    assert.ok(isIP(address.replace(/[[\]]/g, '')) > 0, network);
    assert.match(prefix, /^\d+$/);
  }
});
