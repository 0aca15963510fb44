/** check_*_rate: what may be written behind it, who is counted, and what follows when nobody can tell. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { unnamedClient } from '../../src/mail/client.ts';
import { replyText } from '../../src/mail/reply.ts';
import { builtIn } from '../../src/mail/source.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { RateLimiter, type RateParty } from '../../src/memory/rate-limiter.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import type { Question } from '../../src/restrictions/question.ts';
import { readRate, readRateArgument } from '../../src/restrictions/rate-argument.ts';
import { checkRate } from '../../src/restrictions/rates.ts';
import type { Sources } from '../../src/restrictions/sources.ts';
import { LookupFailure } from '../../src/tables/table.ts';

const HOUR = 3_600_000;

test('what may stand behind the name', () => {
  const hundred = { count: 100, perMs: HOUR, burst: 100 };
  for (const [text, rate, tables] of [
    ['100/1h', hundred, []],
    ['{ 100/1h }', hundred, []],
    ['{100/1h, burst=20}', { ...hundred, burst: 20 }, []],
    ['{ 100/1h burst = 20 }', { ...hundred, burst: 20 }, []],
    ['hash:/etc/rates', 'none', ['hash:/etc/rates']],
    ['{ hash:/etc/rates, cidr:/x, 100/1h }', hundred, ['hash:/etc/rates', 'cidr:/x']],
    ['{ 100/1h, inline:{ {a = 5/1m}, {b = none} } }', hundred, ['inline:{ {a = 5/1m}, {b = none} }']],
    ['none', 'none', []],
  ] as const) {
    assert.deepEqual(readRateArgument(text), { rate, tables }, text);
  }
  for (const text of ['', '{}', '100', '100/1h/2', '100/1h burst=0', '100/1h, 5/1m', '{ 100/1h, bust=2 }'])
    assert.throws(() => readRateArgument(text), RangeError, text);
  assert.equal(readRate(' NONE '), 'none');
});

class World {
  store: Pick<Store, 'take'> = new MapStore();
  table: (key: string) => string | undefined = () => undefined;
  readonly log: string[] = [];
  readonly looked: string[] = [];

  sources(): Sources {
    return {
      codes: { access_map_defer_code: 450 },
      recipientDelimiter: '+',
      parentStyle: 'parent',
      log: { warn: (sentence: string) => void this.log.push(sentence) },
      openRates: (name: string) => ({ name, find: (key: string) => this.table(key) }),
      memory: {
        rates: {
          limiter: new RateLimiter(this.store as Store),
          clientExceptions: { has: ({ address: one }: { address: string }) => one === '192.0.2.99' },
          prefixBits: { ipv4: 24, ipv6: 64 },
        },
      },
    } as unknown as Sources;
  }

  /** A function that counts one more. */
  rate(party: RateParty, text: string) {
    const judge = checkRate(party, text, builtIn, this.sources());
    return async (more: { client?: string; sender?: string; to?: readonly string[]; sasl?: string }) => {
      const [only, ...others] = (more.to ?? ['joe@home.example']).map(address);
      const answer = await judge({
        session: {
          client: unnamedClient(more.client ?? '192.0.2.5', '1'),
          sasl: more.sasl === undefined ? undefined : { method: 'PLAIN', username: more.sasl },
        },
        sender: address(more.sender ?? 'ann@far.example'),
        recipient: others.length === 0 ? only : undefined,
        envelope: { recipients: [only, ...others].map((one) => ({ address: one })) },
        hearing: {
          step: {
            looked: {
              push: ({ key, answer: said }: { key: string; answer: string }) =>
                this.looked.push(`${key} -> ${said}`),
            },
          },
        },
      } as unknown as Question);
      return answer.kind === 'reject' ? replyText(answer.reply) : answer.kind;
    };
  }
}

describe('who is counted', () => {
  test('clients by their network, but for exceptions', async () => {
    const count = new World().rate('client', '2/1h');
    assert.equal(await count({ client: '192.0.2.5' }), 'dunno');
    assert.equal(await count({ client: '192.0.2.77' }), 'dunno');
    assert.match(
      await count({ client: '192.0.2.5' }),
      /^450 4\.7\.1 <unknown\[192\.0\.2\.5\]>: Client host rejected: Rate limit exceeded, try again in 1800 seconds$/,
    );
    assert.equal(await count({ client: '192.0.2.99' }), 'dunno');
    assert.equal(await count({ client: '198.51.100.5' }), 'dunno');
    for (const client of ['2001:db8::1', '2001:db8::2']) assert.equal(await count({ client }), 'dunno');
    assert.match(await count({ client: '2001:db8::3' }), /^450/);
    assert.equal(await count({ client: '2001:db8:0:1::1' }), 'dunno');
  });

  test('senders and recipients without tags and case; nobody counts bounces', async () => {
    const count = new World().rate('sender', '1/1h');
    assert.equal(await count({ sender: 'Ann+x@Far.example' }), 'dunno');
    assert.match(
      await count({ sender: 'ann+y@far.example' }),
      /^450 4\.7\.1 <ann\+y@far\.example>: Sender address rejected: Rate limit exceeded, try again in 3600/,
    );
    for (let i = 0; i < 3; i++) assert.equal(await count({ sender: '' }), 'dunno');
    const received = new World().rate('recipient', '1/1h');
    assert.equal(await received({ to: ['joe+a@home.example', 'mary@home.example'] }), 'dunno');
    assert.match(
      await received({ to: ['mary@home.example'] }),
      /<mary@home\.example>: Recipient address rejected/,
    );
  });

  test('logins, when there is one', async () => {
    const count = new World().rate('login', '1/1h');
    for (let i = 0; i < 3; i++) assert.equal(await count({}), 'dunno');
    assert.equal(await count({ sasl: 'ann' }), 'dunno');
    assert.match(await count({ sasl: 'Ann' }), /<Ann>: SASL login name rejected: Rate limit exceeded/);
    assert.equal(await count({ sasl: 'bob' }), 'dunno');
  });
});

test('tables give single parties rates of their own', async () => {
  const world = new World();
  world.table = (key) =>
    ({ 'boss@far.example': 'none', 'far.example': '3/1h', '192.0.2': '1/1h', ann: 'rubbish' })[key];
  const count = world.rate('sender', '{ 1/1h, hash:/rates }');
  for (let i = 0; i < 5; i++) assert.equal(await count({ sender: 'boss@far.example' }), 'dunno');
  for (let i = 0; i < 3; i++) assert.equal(await count({ sender: 'ann@far.example' }), 'dunno');
  assert.match(await count({ sender: 'ann@far.example' }), /^450/);
  assert.equal(await count({ sender: 'joe@far.example' }), 'dunno', 'each has its own share of that rate');
  const clients = world.rate('client', 'hash:/rates');
  assert.equal(await clients({}), 'dunno');
  assert.match(await clients({}), /^450/);
  for (let i = 0; i < 5; i++) assert.equal(await clients({ client: '198.51.100.1' }), 'dunno', 'no limit');
  const logins = world.rate('login', '{ 1/1h, hash:/rates }');
  assert.equal(await logins({ sasl: 'ann' }), 'dunno');
  assert.match(await logins({ sasl: 'ann' }), /^450/, 'a row that is no rate is left out');
  assert.match(world.log[0] ?? '', /^table of rates, entry "ann": "rubbish" is no rate; write 100\/1h/);
});

test('a store or a table that does not answer holds nobody up', async () => {
  const world = new World();
  world.store = { take: () => Promise.reject(new StoreFailure('redis://x', 'gone')) };
  const count = world.rate('sender', '1/1h');
  for (let i = 0; i < 3; i++) assert.equal(await count({}), 'dunno');
  assert.equal(world.looked[0], 'ann@far.example 1/3600s -> redis://x: gone');
  world.store = new MapStore();
  world.table = () => {
    throw new LookupFailure('hash:/rates', 'is gone');
  };
  const fallingBack = world.rate('sender', '{ 1/1h, hash:/rates }');
  assert.equal(await fallingBack({}), 'dunno');
  assert.match(await fallingBack({}), /^450/, 'the rate for all counts');
});
