/** Lists as rbldnsd serves them, good and bad, asked through the resolver. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DnsLists } from '../../src/dns/dns-lists.ts';
import { addressFront, parseDnsList } from '../../src/dns/list-query.ts';
import { ListScore, parseWeightedList } from '../../src/dns/list-score.ts';
import { Witnesses } from '../../src/dns/list-statistics.ts';
import { Resolver } from '../../src/dns/resolver.ts';
import { silentLog } from '../../src/record/log.ts';
import { goodList, RblServer, rbldnsdMissing, soldList } from '../support/rbldnsd.ts';

const KEY = '0123456789abcdef0123456789abcdef';

describe('lists of a real name server', { skip: rbldnsdMissing }, () => {
  let server: RblServer;
  let lists: DnsLists;
  before(async () => {
    server = await RblServer.start({
      'bl.test': goodList('192.0.2.5', '192.0.2.7 :127.0.0.10:', '192.0.2.7 :127.0.0.4:'),
      'other.test': goodList('192.0.2.5'),
      'wl.test': goodList('192.0.2.9 :127.0.5.3:', '192.0.2.5 :127.0.5.1:'),
      'refusing.test': { type: 'ip4set', lines: ['0-255 :127.255.255.254:blocked'] },
      'all.test': { type: 'ip4set', lines: ['0-255 :127.0.0.2:all of you'] },
      'six.test': { type: 'ip6trie', lines: [':127.0.0.2:six', '2001:db8:5::/48', '::ffff:7f00:2'] },
      'names.test': { type: 'dnset', lines: [':127.0.0.2:bad name', 'test', '.bad.example'] },
      [`${KEY}.keyed.test`]: goodList(`192.0.2.5 :127.0.0.2:see http://x.test/${KEY}/$`),
      sold: soldList('bl', '127.0.0.9'),
    });
    const dns = new Resolver({ servers: [server.address], timeoutMs: 500, tries: 1 });
    lists = new DnsLists({ dns, log: silentLog });
  });
  after(() => server?.stop());

  const ask = async (list: string, front: string, kind: 'address' | 'name' = 'address') => {
    const { zone, pattern } = parseDnsList(list);
    const answer = await lists.zone(zone, kind).ask(front, pattern, new Witnesses());
    return answer.kind === 'listed' ? [...answer.addresses].sort().join(' ') : answer.kind;
  };

  test('listed and not, with patterns, several answers, text', async () => {
    const five = addressFront('192.0.2.5');
    const seven = addressFront('192.0.2.7');
    assert.equal(await ask('bl.test', five), '127.0.0.2');
    assert.equal(await ask('bl.test', addressFront('192.0.2.6')), 'clear');
    assert.equal(await ask('bl.test', seven), '127.0.0.10 127.0.0.4');
    assert.equal(await ask('bl.test=127.0.0.[10..11]', seven), '127.0.0.10');
    assert.equal(await ask('bl.test=127.0.0.2', seven), 'clear');
    assert.equal(await lists.zone('bl.test', 'address').text(five), 'listed, see http://bl.test/192.0.2.5');
    assert.equal(await lists.zone('bl.test', 'address').text(addressFront('192.0.2.6')), '');
  });

  test('IPv6 addresses and names', async () => {
    assert.equal(await ask('six.test', addressFront('2001:db8:5::77')), '127.0.0.2');
    assert.equal(await ask('six.test', addressFront('2001:db8:6::77')), 'clear');
    assert.equal(await ask('names.test', 'very.bad.example', 'name'), '127.0.0.2');
    assert.equal(await ask('names.test', 'good.example', 'name'), 'clear');
    assert.equal(lists.zone('names.test', 'name').statistics().why, undefined);
  });

  test('lists that refuse, list everybody or were sold have no opinion', async () => {
    for (const [list, why] of [
      ['refusing.test', /does not answer public or open resolvers/],
      ['all.test', /lists 127\.0\.0\.1/],
      ['bl.sold', /it lists the whole world/],
    ] as const) {
      assert.equal(await ask(list, addressFront('192.0.2.5')), 'out of service', list);
      assert.match(lists.zone(list, 'address').statistics().why ?? '', why);
    }
  });

  test('a zone that the server does not know cannot be known', async () => {
    assert.equal(await ask('elsewhere.example', addressFront('192.0.2.5')), 'unknown');
  });

  test('a key in the name is asked with and never shown', async () => {
    const zone = lists.zone(`${KEY}.keyed.test`, 'address');
    assert.equal(await ask(`${KEY}.keyed.test`, addressFront('192.0.2.5')), '127.0.0.2');
    assert.equal(zone.shown, 'keyed.test');
    assert.equal(await zone.text(addressFront('192.0.2.5')), 'see http://x.test/***/192.0.2.5');
  });

  test('weights are added up, also below zero; silence and harm add nothing', async () => {
    const score = new ListScore(
      [
        'bl.test*2',
        'bl.test=127.0.0.10*3',
        'other.test',
        'wl.test=127.0.[0..255].[1..3]*-2',
        'all.test*10',
        'elsewhere.example*10',
      ].map(parseWeightedList),
      lists,
      10_000,
    );
    const of = async (address: string) => {
      const { score: sum, topZone } = await score.of(address);
      return `${sum} ${topZone}`;
    };
    assert.equal(await of('192.0.2.5'), '1 bl.test');
    assert.equal(await of('192.0.2.7'), '5 bl.test');
    assert.equal(await of('192.0.2.9'), '-2 wl.test');
    assert.equal(await of('192.0.2.200'), '0 undefined');
    const { answers } = await score.of('192.0.2.5');
    assert.deepEqual(
      answers.map(({ shown, answer, weight }) => `${shown} ${answer.kind} ${weight}`),
      [
        '5.2.0.192.bl.test listed 2',
        '5.2.0.192.other.test listed 1',
        '5.2.0.192.wl.test listed -2',
        '5.2.0.192.all.test out of service 0',
        '5.2.0.192.elsewhere.example unknown 0',
      ],
    );
  });
});
