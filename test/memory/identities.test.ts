import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { type Client, unnamedClient } from '../../src/mail/client.ts';
import type { Session } from '../../src/mail/session.ts';
import { isGenericName } from '../../src/memory/generic-name.ts';
import { isExemptHost } from '../../src/memory/greylist-exempt-hosts.ts';
import { Identities, type IdentitiesOptions, type Sighting } from '../../src/memory/identities.ts';
import { KnownSigners } from '../../src/memory/known-signers.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { networkKey } from '../../src/memory/network-key.ts';
import { organisationOf, sameOrganisation } from '../../src/memory/organisation.ts';
import { correspondentForm, steadySender } from '../../src/memory/sender-form.ts';
import { processorMs } from '../support/processor-time.ts';

const prefixBits = { ipv4: 24, ipv6: 64 };
const newSigners = () => new KnownSigners({ store: new MapStore(), prefixBits, lifetimeMs: 1e9 });

function named(ip: string, name: string): Client {
  return { ...unnamedClient(ip, '1'), name, nameStatus: 'ok', reverseName: name, reverseNameStatus: 'ok' };
}

function identities(more: Partial<IdentitiesOptions> = {}): Identities {
  return new Identities({
    by: 'identity',
    prefixBits,
    spfDomain: async () => undefined,
    signers: newSigners(),
    ...more,
  });
}

const mail = (client: Client, sender = 'ann@a.example', helo = 'mx.a.example'): Sighting => ({
  session: { client, helo } as Session,
  sender: address(sender),
  envelope: undefined,
});
const keys = async (of: Identities, sighting: Sighting) => (await of.find(sighting)).map(({ key }) => key);

test('a signer that is known is not looked up with every mail, and one that was forgotten is learned again', async (t) => {
  const store = new MapStore();
  const get = t.mock.method(store, 'get');
  const signers = new KnownSigners({ store, prefixBits, lifetimeMs: 1e9 });
  const learn = () => signers.learn('192.0.2.5', 'a.example', 'esp.example');
  await learn();
  const before = get.mock.callCount();
  await learn();
  assert.equal(get.mock.callCount(), before);
  await signers.learn('192.0.2.5', 'a.example', 'other.example');
  assert.equal(await signers.find('192.0.2.5', 'a.example'), 'other.example');
  await signers.forget('192.0.2.5', 'a.example');
  assert.equal(await signers.find('192.0.2.5', 'a.example'), undefined);
  await signers.learn('192.0.2.5', 'a.example', 'other.example');
  assert.equal(await signers.find('192.0.2.5', 'a.example'), 'other.example');
});

describe('who a client is', () => {
  test('the best that is known comes first, the network last', async () => {
    const signers = newSigners();
    const spf = identities({
      signers,
      spfDomain: async ({ sender }) => (sender.domain === 'a.example' ? 'a.example' : undefined),
    });
    const client = named('192.0.2.5', 'out3.mail.provider.co.uk');
    assert.deepEqual(await keys(spf, mail(client)), [
      'spf:a.example',
      'name:provider.co.uk',
      'net:192.0.2.0/24',
    ]);
    assert.deepEqual(await keys(spf, mail(client, 'x@other.example')), [
      'name:provider.co.uk',
      'net:192.0.2.0/24',
    ]);
    await signers.learn('192.0.2.77', 'Third.example', 'Signer.example');
    assert.deepEqual(await keys(spf, mail(client, 'x@third.example')), [
      'dkim:signer.example',
      'name:provider.co.uk',
      'net:192.0.2.0/24',
    ]);
    assert.deepEqual(await keys(spf, mail(unnamedClient('2001:db8:1:2:3::4', '1'), 'x@y.example')), [
      'net:2001:db8:1:2::/64',
    ]);
  });

  test('IPv4 and IPv6 of one sender are one', async () => {
    const spf = identities({ spfDomain: async () => 'a.example' });
    const [four] = await spf.find(mail(named('192.0.2.5', 'mx.a.example')));
    const [six] = await spf.find(mail(named('2001:db8::5', 'mx.a.example')));
    assert.deepEqual(four, six);
    const unproven = identities();
    const [byName4] = await unproven.find(mail(named('192.0.2.5', 'mx4.a.example')));
    const [byName6] = await unproven.find(mail(named('2001:db8::5', 'mx6.a.example')));
    assert.deepEqual(byName4, byName6);
  });

  test('a forged name, a bare one and that of a line are none', async () => {
    for (const client of [
      { ...named('192.0.2.5', 'mx.bank.example'), nameStatus: 'forged' as const },
      named('192.0.2.5', 'localhost'),
      named('192.0.2.5', '192-0-2-5.provider.example'),
      named('192.0.2.5', 'co.uk'),
    ]) {
      assert.deepEqual(await keys(identities(), mail(client)), ['net:192.0.2.0/24'], client.name);
    }
  });

  test('by network or by address alone, nobody asks the DNS', async () => {
    const spfDomain = async () => assert.fail('asked');
    const client = named('192.0.2.5', 'mx.a.example');
    assert.deepEqual(await keys(identities({ by: 'network', spfDomain }), mail(client)), [
      'net:192.0.2.0/24',
    ]);
    assert.deepEqual(await keys(identities({ by: 'address', spfDomain }), mail(client)), [
      'address:192.0.2.5',
    ]);
  });

  test('returns are counted for the address behind a network', async () => {
    const [identity] = await identities().find(mail(unnamedClient('2001:db8:1:2:3::4', '1')));
    assert.equal(identity.clientKey, 'address:2001:db8:1:2::/64');
    assert.equal(
      (await identities().find(mail(unnamedClient('192.0.2.5', '1'))))[0].clientKey,
      'address:192.0.2.5',
    );
  });

  test('proofs are asked for once for mails of the same kind, and proven means the same organisation', async () => {
    let asked = 0;
    const spf = identities({
      spfDomain: async () => {
        asked++;
        return 'mail.a.example';
      },
    });
    const client = unnamedClient('192.0.2.5', '1');
    for (const sender of ['a@a.example', 'b@a.example', 'c@A.example']) await spf.find(mail(client, sender));
    assert.equal(asked, 1);
    assert.equal(await spf.proofOf('a.example', mail(client)), 'spf');
    assert.equal(await spf.proofOf('b.example', mail(client)), undefined);
    await spf.find(mail(client, '', 'one.example'));
    await spf.find(mail(client, '', 'two.example'));
    assert.equal(asked, 3);
  });
});

test('organisations', () => {
  for (const [name, organisation] of [
    ['mail-ej1-f41.Google.com', 'google.com'],
    ['a.b.example.co.uk', 'example.co.uk'],
    ['ec2-1-2-3-4.compute-1.amazonaws.com', undefined],
    ['mail.customer.herokuapp.com', 'customer.herokuapp.com'],
    ['co.uk', undefined],
    ['192.0.2.1', undefined],
    ['localhost', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(organisationOf(name), organisation, name);
  }
  assert.ok(sameOrganisation('a.example.com', 'EXAMPLE.com'));
  assert.ok(sameOrganisation('localhost', 'localhost'));
  assert.ok(!sameOrganisation('a.co.uk', 'b.co.uk'));
});

test('names of lines', () => {
  for (const [name, address, generic] of [
    ['mx1.example.com', '192.0.2.5', false],
    ['mail.example.com', '192.0.2.5', false],
    ['192-0-2-5.isp.example', '192.0.2.5', true],
    ['5.2.0.192.isp.example', '192.0.2.5', true],
    ['host-2-5.isp.example', '192.0.2.5', true],
    ['c0000205.isp.example', '192.0.2.5', true],
    ['192000002005.isp.example', '192.0.2.5', true],
    ['adsl.isp.example', '192.0.2.5', true],
    ['x.dynamic.isp.example', '192.0.2.5', true],
    ['p57a1.dip.isp.example', '192.0.2.5', true],
    ['mail-52.smtp.example', '192.0.2.5', false],
    ['clientele.example', '192.0.2.5', false],
    ['static-2001-db8-0-0-a1b2-c3d4-e5f6-789a.isp.example', '2001:db8::a1b2:c3d4:e5f6:789a', true],
    ['mx.example.com', '2001:db8::1', false],
    ['mail1.example.com', '2001:db8::a1b2:c3d4:e5f6:789a', false],
  ] as const) {
    assert.equal(isGenericName(name, address), generic, `${name} ${address}`);
  }
});

test('networks', () => {
  for (const [address, bits, network] of [
    ['192.0.2.77', prefixBits, '192.0.2.0/24'],
    ['192.0.2.77', { ipv4: 32, ipv6: 128 }, '192.0.2.77'],
    ['203.255.1.1', { ipv4: 9, ipv6: 1 }, '203.128.0.0/9'],
    ['2001:db8::1', prefixBits, '2001:db8::/64'],
    ['2001:db8:0:7:1:2:3:4', { ipv4: 24, ipv6: 62 }, '2001:db8:0:4::/62'],
    ['2001:db8::1', { ipv4: 24, ipv6: 128 }, '2001:db8::1'],
    ['unknown', prefixBits, 'unknown'],
  ] as const) {
    assert.equal(networkKey(address, bits), network);
  }
});

test('senders without what changes', () => {
  for (const [sender, steady, person] of [
    ['Joe@Example.COM', 'joe@example.com', 'joe@example.com'],
    ['joe+tag@example.com', 'joe@example.com', 'joe@example.com'],
    ['prvs=12345abcde=joe@example.com', 'joe@example.com', 'joe@example.com'],
    ['prvs=joe=12345abcde@example.com', 'joe@example.com', 'joe@example.com'],
    ['btv1==123==joe@example.com', 'joe@example.com', 'joe@example.com'],
    ['list-bounces+ann=home.example@lists.example', 'list-bounces@lists.example', 'list@lists.example'],
    ['owner-list@lists.example', 'owner-list@lists.example', 'list@lists.example'],
    [
      'list-return-1234-ann=home.example@lists.example',
      'list-return-#-ann=home.example@lists.example',
      'list@lists.example',
    ],
    ['bounce-123-456@shop.example', 'bounce-#@shop.example', '123-456@shop.example'],
    [
      '010001abcdef-89ab-cdef@amazonses.example',
      '#-89ab-cdef@amazonses.example',
      '010001abcdef-89ab-cdef@amazonses.example',
    ],
    ['joe2000@example.com', 'joe2000@example.com', 'joe2000@example.com'],
    [
      'SRS0=HHH=TT=orig.example=joe@fwd.example',
      'srs0=orig.example=joe@fwd.example',
      'srs0=orig.example=joe@fwd.example',
    ],
    ['joe@Bücher.example', 'joe@xn--bcher-kva.example', 'joe@xn--bcher-kva.example'],
    ['', '', ''],
  ] as const) {
    assert.equal(steadySender(address(sender)), steady, sender);
    assert.equal(correspondentForm(address(sender)), person, sender);
  }
});

test('hostile senders take no longer than their length', () => {
  for (const text of [
    '='.repeat(60_000),
    'srs0='.repeat(12_000),
    'bounces-'.repeat(8_000),
    '1-'.repeat(30_000),
    'prvs=a'.repeat(10_000),
    '+'.repeat(60_000),
  ]) {
    const began = processorMs();
    const sender = address(`${text}@example.com`);
    steadySender(sender);
    correspondentForm(sender);
    isGenericName(text, '192.0.2.5');
    const ms = processorMs() - began;
    assert.ok(ms < 200, `${text.slice(0, 10)}: ${ms} ms`);
  }
});

test('hosts that need not wait', () => {
  for (const [name, nameStatus, exempt] of [
    ['mail-ej1-f41.google.com', 'ok', true],
    ['google.com', 'ok', true],
    ['mail-ej1-f41.google.com', 'forged', false],
    ['notgoogle.com', 'ok', false],
    ['google.com.spammer.example', 'ok', false],
    ['smtp12.orange.fr', 'ok', true],
    ['smtp.spam.example', 'ok', false],
    ['Vger.Kernel.org', 'ok', true],
    ['fallback7.m.smailru.net', 'ok', true],
    ['unknown', 'absent', false],
  ] as const) {
    assert.equal(isExemptHost({ name, nameStatus }), exempt, `${name} ${nameStatus}`);
  }
});
