import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoreAddress, StoreAddressError, withoutPassword } from '../../src/memory/store-address.ts';

test('places that a store can be at', () => {
  assert.deepEqual(parseStoreAddress('sqlite:/var/lib/p/state.db'), {
    kind: 'sqlite',
    path: '/var/lib/p/state.db',
  });
  assert.deepEqual(parseStoreAddress('memory:'), { kind: 'memory' });
  for (const [text, servers, more] of [
    [
      'redis://h',
      { kind: 'one', host: { host: 'h', port: 6379 } },
      { tls: false, database: 0, prefix: 'portcullis:', timeoutMs: 500 },
    ],
    [
      'valkey://h:1/7?prefix=x:&timeout=50',
      { kind: 'one', host: { host: 'h', port: 1 } },
      { database: 7, prefix: 'x:', timeoutMs: 50 },
    ],
    ['rediss://[::1]:2', { kind: 'one', host: { host: '::1', port: 2 } }, { tls: true }],
    ['REDIS://u:p%40@h', { kind: 'one', host: { host: 'h', port: 6379 } }, { user: 'u', password: 'p@' }],
    ['redis://:p@h', { kind: 'one', host: { host: 'h', port: 6379 } }, { user: undefined, password: 'p' }],
    ['redis://p@h', { kind: 'one', host: { host: 'h', port: 6379 } }, { user: undefined, password: 'p' }],
    [
      'valkeys+sentinel://:p@a,b:7/main/2?sentinel_password_file=/f&ca_file=/c',
      {
        kind: 'sentinels',
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 7 },
        ],
        master: 'main',
      },
      { tls: true, database: 2, password: 'p', sentinelPasswordFile: '/f', caFile: '/c' },
    ],
    [
      'redis+cluster://a,b:7',
      {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 7 },
        ],
      },
      { database: 0 },
    ],
  ] as const) {
    const address = parseStoreAddress(text);
    assert.ok(address.kind === 'redis');
    assert.deepEqual(address.servers, servers, text);
    for (const [name, value] of Object.entries(more))
      assert.equal(Reflect.get(address, name), value, `${text} ${name}`);
    assert.doesNotMatch(address.shown, /p@|%40|\?/);
  }
});

test('what is no place says what should be, without the password', () => {
  for (const [text, problem] of [
    ['', /is no store; should be sqlite:/],
    ['mysql://root:secret@h', /"mysql:\/\/h" is no store/],
    ['sqlite:state.db', /names no file; should be sqlite:\/absolute\/path/],
    ['redis://', /"" is no host/],
    ['redis://a,b', /several hosts/],
    ['redis://h:0', /"h:0" is no host/],
    ['redis://h:99999', /is no host/],
    ['redis://h/x', /"x" is no database number/],
    ['redis://h?timeout=0', /timeout=0 is no time/],
    ['redis://h?colour=red', /there is no option "colour"/],
    ['redis+sentinel://h', /the name of the master is missing/],
    ['redis+cluster://h/3', /a cluster has no database numbers/],
    ['redis://a%zz@h', /the login has a bad "%"/],
  ] as const) {
    assert.throws(
      () => parseStoreAddress(text),
      (error: Error) => error instanceof StoreAddressError && problem.test(error.message),
      text,
    );
  }
  assert.equal(withoutPassword('redis://u:secret@h:1/2?prefix=a'), 'redis://h:1/2');
});
