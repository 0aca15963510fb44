/** DNS lists that do harm go out of service and come back; those that are silent are not waited for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer, Dns } from '../../src/dns/dns.ts';
import { DnsLists, type ListZone } from '../../src/dns/dns-lists.ts';
import { addressFront } from '../../src/dns/list-query.ts';
import { Witnesses } from '../../src/dns/list-statistics.ts';
import { testList } from '../../src/dns/list-test.ts';

const MINUTE = 60_000;

/** A list, and the rest of the DNS, as the test wants them at the moment. */
class World {
  now = 1_000_000_000_000;
  /** What the list answers for what stands in front of its zone; undefined: nothing is there. */
  answers: (front: string) => readonly string[] | 'unknown' | undefined = honest;
  elsewhere: readonly string[] | undefined;
  readonly asked: string[] = [];
  readonly log: string[] = [];
  readonly lists = new DnsLists({
    dns: { a: (name: string) => this.#a(name) } as Dns,
    log: {
      info: (sentence) => void this.log.push(sentence),
      warn: (sentence) => void this.log.push(`warning: ${sentence}`),
      error: (sentence) => void this.log.push(`error: ${sentence}`),
    },
    now: () => this.now,
  });
  readonly zone: ListZone = this.lists.zone('bl.test', 'address');

  async #a(name: string): Promise<Answer<string>> {
    this.asked.push(name);
    const front = name.endsWith('.bl.test') ? name.slice(0, -8) : undefined;
    const found = front === undefined ? this.elsewhere : this.answers(front);
    if (found === 'unknown') return { kind: 'unknown', why: 'ETIMEOUT' };
    return found ? { kind: 'found', records: found } : { kind: 'absent', why: 'nxdomain' };
  }

  async ask(address = '192.0.2.5'): Promise<string> {
    const answer = await this.zone.ask(addressFront(address), undefined, new Witnesses());
    return answer.kind === 'listed' ? answer.addresses.join(' ') : answer.kind;
  }

  /** Waits for what goes on behind the answers. */
  async settled(): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const LISTED = ['2.0.0.127', '5.2.0.192'];
const honest = (front: string) => (LISTED.includes(front) ? ['127.0.0.2'] : undefined);
const everything = () => ['127.0.0.9'];
const silence = () => 'unknown' as const;

describe('the test of a list', () => {
  const cases: readonly [
    what: string,
    answers: World['answers'],
    elsewhere: string[] | undefined,
    wanted: RegExp,
  ][] = [
    ['what it should have and nothing else', honest, undefined, /^good $/],
    ['nothing at all', () => undefined, undefined, /^untested it lacks the test entry 127\.0\.0\.2/],
    ['the whole world', everything, undefined, /^bad it answers every question with 127\.0\.0\.9: it lists/],
    [
      'a resolver that lies',
      () => ['10.1.1.1'],
      ['10.1.1.1'],
      /^bad the resolver answers with 10\.1\.1\.1 for names/,
    ],
    [
      'all addresses, but no made-up name',
      (front) => (/^\d/.test(front) ? ['127.0.0.2'] : undefined),
      undefined,
      /^bad it lists 127\.0\.0\.1, which no list may do/,
    ],
    [
      'a code for a refusal in place of the entry',
      (front) => (front === '2.0.0.127' ? ['127.255.255.254'] : undefined),
      undefined,
      /^bad it does not answer public or open resolvers/,
    ],
    ['silence', silence, undefined, /^unknown ETIMEOUT$/],
    [
      'silence but for the test entry',
      (front) => (front === '2.0.0.127' ? ['127.0.0.2'] : 'unknown'),
      undefined,
      /^good $/,
    ],
  ];
  for (const [what, answers, elsewhere, wanted] of cases) {
    test(what, async () => {
      const world = new World();
      world.answers = answers;
      world.elsewhere = elsewhere;
      await world.zone.health.test();
      const result = world.zone.health.lastTest;
      assert.match(`${result?.kind} ${result && 'why' in result ? result.why : ''}`, wanted);
    });
  }

  test('a list of names is asked for other entries', async () => {
    const asked: string[] = [];
    const dns = {
      a: async (name: string) => {
        asked.push(name);
        return name === 'test.names.test'
          ? { kind: 'found', records: ['127.0.0.2'] }
          : { kind: 'absent', why: 'nxdomain' };
      },
    } as unknown as Dns;
    assert.deepEqual(await testList('names.test', 'name', dns), { kind: 'good' });
    assert.deepEqual(asked.slice(0, 2), ['test.names.test', 'invalid.names.test']);
    assert.match(asked[2] ?? '', /^x[\da-f]{16}\.names\.test$/);
  });

  test('the list that means something by 127.0.0.1 may have it', async () => {
    const dns = {
      a: async (name: string) =>
        /^[12]\.0\.0\.127\./.test(name)
          ? { kind: 'found', records: ['127.0.0.1'] }
          : { kind: 'absent', why: 'nxdomain' },
    } as unknown as Dns;
    assert.deepEqual(await testList('hostkarma.junkemailfilter.com', 'address', dns), { kind: 'good' });
  });
});

describe('a list in use', () => {
  test('is tested with its first question, and the answer waits for that', async () => {
    const world = new World();
    assert.equal(await world.ask(), '127.0.0.2');
    assert.equal(world.asked.length, 4);
    assert.equal(await world.ask('192.0.2.6'), 'clear');
    assert.equal(world.asked.length, 5);
    world.now += 30 * MINUTE;
    await world.ask('192.0.2.7');
    await world.settled();
    assert.equal(world.asked.length, 9, 'half an hour later it is tested again');
  });

  test('that lists the world never rejects, and comes back when it is healthy', async () => {
    const world = new World();
    world.answers = everything;
    assert.equal(await world.ask(), 'out of service');
    assert.equal(world.zone.statistics().state, 'out of service');
    const asked = world.asked.length;
    assert.equal(await world.ask(), 'out of service');
    assert.equal(world.asked.length, asked, 'it is not asked any more');
    world.answers = honest;
    world.now += 5 * MINUTE;
    await world.ask();
    await world.settled();
    assert.equal(await world.ask(), '127.0.0.2');
    assert.deepEqual(world.log, [
      'warning: DNS list bl.test is out of service: it answers every question with 127.0.0.9: it lists the whole world',
      'DNS list bl.test is in service again',
    ]);
  });

  test('that begins to list the world is found out by its answers', async () => {
    const world = new World();
    assert.equal(await world.ask('192.0.2.6'), 'clear');
    world.answers = () => ['203.0.113.80'];
    world.now += MINUTE;
    assert.equal(await world.ask('192.0.2.6'), 'out of service', 'a strange answer starts a test');
  });

  test('that refuses to answer is out of service at once', async () => {
    const world = new World();
    await world.ask();
    world.answers = () => ['127.0.0.2', '127.255.255.255'];
    assert.equal(await world.ask(), 'out of service');
    assert.match(world.log[0] ?? '', /too many queries, or this resolver is not registered/);
  });

  test('without the test entry is used, with a word in the log', async () => {
    const world = new World();
    world.answers = (front) => (front === '5.2.0.192' ? ['127.0.0.4'] : undefined);
    assert.equal(await world.ask(), '127.0.0.4');
    assert.match(world.log.join('\n'), /^DNS list bl\.test is used untested: it lacks the test entry/);
    assert.match(world.zone.statistics().why ?? '', /lacks the test entry/);
  });

  test('that is silent is not waited for, until it answers a test', async () => {
    const world = new World();
    await world.ask();
    world.answers = silence;
    for (let i = 0; i < 5; i++) assert.equal(await world.ask(), 'unknown');
    assert.equal(world.zone.statistics().state, 'silent');
    world.now += 5_000;
    const asked = world.asked.length;
    assert.equal(await world.ask(), 'unknown');
    assert.equal(world.asked.length, asked + 3, 'not asked, but tested');
    await world.ask();
    assert.equal(world.asked.length, asked + 3, 'not more often than every five seconds');
    world.answers = honest;
    world.now += 5_000;
    await world.ask();
    await world.settled();
    assert.equal(await world.ask(), '127.0.0.2');
    assert.deepEqual(world.log, [
      'warning: DNS list bl.test is not waited for until it answers a test: no answer to the last 5 questions: ETIMEOUT',
      'DNS list bl.test answers again',
    ]);
  });

  test('that is silent now and then stays', async () => {
    const world = new World();
    for (let i = 0; i < 12; i++) {
      world.answers = i % 4 === 3 ? honest : silence;
      await world.ask();
    }
    assert.equal(world.zone.health.silence, undefined);
    assert.deepEqual(world.log, []);
  });
});

test('a list is one list, whoever asks; keys are not shown; places are remembered', () => {
  const { lists } = new World();
  const zone = lists.zone('0123456789abcdef0123456789abcdef.bl.example.com', 'address');
  assert.equal(lists.zone('0123456789ABCDEF0123456789abcdef.BL.example.com', 'address'), zone);
  assert.notEqual(lists.zone('0123456789abcdef0123456789abcdef.bl.example.com', 'name'), zone);
  assert.equal(zone.statistics().zone, 'bl.example.com');
  for (const line of [7, 9, 7]) lists.mentioned(zone.name, { file: 'main.cf', line });
  assert.deepEqual(
    lists.placesOf(zone).map(({ line }) => line),
    [7, 9],
  );
});

test('figures: questions, listings, those of one list alone, what went wrong, time', async () => {
  const world = new World();
  const other = world.lists.zone('bl.test', 'name');
  const witnesses = new Witnesses();
  await world.zone.ask('5.2.0.192', undefined, witnesses);
  assert.equal(world.zone.statistics().uniqueHits, 1);
  await world.zone.ask('5.2.0.192', undefined, witnesses);
  assert.equal(world.zone.statistics().hits, 1, 'the same question again is no second listing');
  await other.ask('5.2.0.192', undefined, witnesses);
  assert.deepEqual(
    [world.zone.statistics(), other.statistics()].map(({ hits, uniqueHits }) => [hits, uniqueHits]),
    [
      [1, 0],
      [1, 0],
    ],
  );
  world.answers = silence;
  await world.ask();
  const { queries, errors, totalMs, slowestMs, state } = world.zone.statistics();
  assert.deepEqual(
    { queries, errors, totalMs, slowestMs, state },
    {
      ...{ queries: 3, errors: 1, totalMs: 0, slowestMs: 0, state: 'in service' },
    },
  );
});
