/** `lists` and `check --dns`: DNS lists as they are now, and what the gateway has written down of them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ListStatistics } from '../../src/dns/list-statistics.ts';
import { ListRecords } from '../../src/memory/list-records.ts';
import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { silentLog } from '../../src/record/log.ts';
import { portcullis } from '../support/program.ts';
import { goodList, RblServer, rbldnsdMissing, soldList } from '../support/rbldnsd.ts';

const KEY = '0123456789abcdef0123456789abcdef';

describe('DNS lists from the shell', { skip: rbldnsdMissing }, () => {
  let rbl: RblServer;
  const directory = mkdtempSync(join(tmpdir(), 'lists-'));
  before(async () => {
    rbl = await RblServer.start({
      'bl.test': goodList('192.0.2.5'),
      [`${KEY}.keyed.test`]: { type: 'ip4set', lines: ['192.0.2.5 :127.0.0.2:x'] },
      'ordb.org': soldList('relays', '127.0.0.2'),
    });
    writeFileSync(
      join(directory, 'main.cf'),
      `myhostname = mx.home.test
dns_servers = ${rbl.address}
dns_timeout = 1s
dns_tries = 1
data_directory = ${directory}/data
postscreen_dnsbl_sites = bl.test*2
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
    reject_rbl_client relays.ordb.org,
    reject_rbl_client ${KEY}.keyed.test,
    reject_rbl_client silent.example,
    reject_rbl_client bl.test=127.0.0.2
`,
    );
    writeFileSync(join(directory, 'master.cf'), '127.0.0.1:2525 inet n - n - - smtpd\n');
  });
  after(async () => {
    await rbl?.stop();
    rmSync(directory, { recursive: true });
  });

  const run = (...args: string[]) => portcullis(...args, '-c', directory);

  test('each list with what it is, what is known against it, and where it is named', async () => {
    const { status, out } = await run('lists');
    assert.equal(status, 1);
    assert.ok(!out.includes(KEY));
    const lines = out.replace(/ +\d+ ms$/gm, '').split('\n');
    for (const [name, ...wanted] of [
      ['bl.test                              good', '    named in main.cf:6, main.cf:12'],
      [
        'relays.ordb.org                      of no use',
        '    it answers every question with 127.0.0.2: it lists the whole world',
        /^ {4}DNS list relays\.ordb\.org is dead since 2006/,
        '    named in main.cf:9',
      ],
      [
        'keyed.test                           cannot be tested',
        '    it lacks the test entry 127.0.0.2 (RFC 5782)',
        '    named in main.cf:10',
      ],
      ['silent.example                       no answer', '    EREFUSED', '    named in main.cf:11'],
    ] as const) {
      const at = lines.findIndex((line) => line.trimEnd() === name);
      assert.ok(at >= 0, `${name}\n${out}`);
      for (const [i, line] of wanted.entries()) {
        if (typeof line === 'string') assert.equal(lines[at + 1 + i], line);
        else assert.match(lines[at + 1 + i] ?? '', line);
      }
    }
  });

  test('with the figures of a gateway that runs, for programs', async () => {
    mkdirSync(join(directory, 'data'), { recursive: true });
    const store = new SqliteStore({
      path: join(directory, 'data/state.db'),
      log: silentLog,
      housekeeping: false,
    });
    const list: ListStatistics = {
      ...{ zone: 'bl.test', asks: 'address', state: 'silent', why: 'no answer', since: 0 },
      ...{ queries: 10, hits: 4, uniqueHits: 3, errors: 1, totalMs: 95, slowestMs: 50 },
    };
    await new ListRecords(store).add([list]);
    await store.close();
    const { status, out } = await run('lists', '--json', '--days', '1', 'BL');
    assert.equal(status, 0);
    const [found, ...others] = JSON.parse(out);
    assert.deepEqual(others, []);
    const { told, ...gateway } = found.gateway;
    assert.ok(Date.parse(told) > Date.now() - 60_000);
    assert.deepEqual(
      { ...found, ms: 0, gateway },
      {
        list: 'bl.test',
        asks: 'address',
        places: ['main.cf:6', 'main.cf:12'],
        state: 'good',
        ms: 0,
        days: 1,
        gateway: {
          ...{ state: 'silent', why: 'no answer', since: '1970-01-01T00:00:00.000Z' },
          ...{ queries: 10, hits: 4, unique_hits: 3, errors: 1, mean_ms: 10, slowest_ms: 50 },
        },
      },
    );
    const text = (await run('lists', 'bl')).out;
    assert.match(
      text,
      /7 days: 10 questions, 4 listings \(3 by this list alone\), 1 without an answer, 10 ms on/,
    );
    assert.match(text, /the gateway has it silent since 1970-01-01T00:00:00\.000Z \(told .*\): no answer/);
  });

  test('check names dead lists by its table, and with --dns what the lists say themselves', async () => {
    const dead = /^ {2}main\.cf:9: DNS list relays\.ordb\.org is dead since 2006/m;
    const offline = (await run('check')).out;
    assert.match(offline, dead);
    assert.ok(!offline.includes('EREFUSED') && !offline.includes(KEY));
    const { status, out } = await run('check', '--dns');
    assert.equal(status, 1);
    assert.match(out, dead);
    assert.match(
      out,
      /^ {2}main\.cf:9: DNS list relays\.ordb\.org is of no use now: it answers every question/m,
    );
    assert.match(out, /^ {2}main\.cf:10: DNS list keyed\.test cannot be tested: it lacks the test entry/m);
    assert.match(out, /^ {2}main\.cf:11: DNS list silent\.example does not answer: EREFUSED/m);
    assert.ok(!out.includes(KEY));
  });
});
