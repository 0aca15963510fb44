/** A whole gateway that asks real DNS lists: bad ones refuse nobody, and keys of customers are seen by nobody. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ListRecords } from '../../src/memory/list-records.ts';
import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { silentLog } from '../../src/record/log.ts';
import { goodList, honestList, RblServer, rbldnsdMissing, soldList } from '../support/rbldnsd.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { rcptReply, SmtpClient } from '../support/smtp-client.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const KEYED = `${KEY}.zen.dq.spamhaus.net`;

describe('a gateway with DNS lists', { skip: rbldnsdMissing }, () => {
  let rbl: RblServer;
  before(async () => {
    rbl = await RblServer.start({
      'bl.test': goodList('127.0.0.5'),
      'wl.test': goodList('127.0.0.6', '127.0.0.5'),
      'refusing.test': { type: 'ip4set', lines: ['0-255 :127.255.255.254:Error: open resolver'] },
      'names.test': { type: 'dnset', lines: [':127.0.0.2:bad name', 'test', 'spam.test'] },
      [KEYED]: goodList(`127.0.0.7 :127.0.0.2:https://check.test/${KEY}/$`),
      sold: soldList('bl', '127.0.0.2'),
    });
  });
  after(() => rbl?.stop());

  /** Names that are no lists are answered by the other server. */
  const gatewayWith = (mainCf: string, files: Record<string, string> = {}) =>
    RunningGateway.start({
      mainCf: `dns_servers = ${rbl.address}, 127.0.0.1:{dns}\n${mainCf}`,
      files,
    });
  const to = 'b@ours.test';

  test('lists, allow lists, and the figures of each, which last', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'figures-'));
    const gateway = await gatewayWith(`
state_store = sqlite:${directory}/state.db
smtpd_recipient_restrictions = reject_unauth_destination,
    permit_dnswl_client wl.test=127.0.0.2,
    reject_rbl_client bl.test, reject_rbl_client bl.test=127.0.0.4,
    reject_rhsbl_sender names.test, reject_rbl_client refusing.test`);
    gateway.assembly.watchLists();
    try {
      assert.equal(await rcptReply(gateway.port(), '127.0.0.5', to), '250 2.1.5 Ok');
      assert.equal(await rcptReply(gateway.port(), '127.0.0.9', to), '250 2.1.5 Ok');
      assert.match(
        await rcptReply(gateway.port(), '127.0.0.9', to, 'x@spam.test'),
        /^554 5\.7\.1 Service unavailable; Sender address \[x@spam\.test\] blocked using names\.test; bad name/,
      );
      const figures = new Map(gateway.assembly.lists.statistics().map((list) => [list.zone, list]));
      const of = (zone: string) => {
        const { state, hits, uniqueHits } = figures.get(zone) ?? {};
        return [state, hits, uniqueHits];
      };
      assert.deepEqual(of('names.test'), ['in service', 1, 1]);
      assert.deepEqual(of('wl.test'), ['in service', 1, 0]);
      assert.deepEqual(of('bl.test'), ['in service', 1, 0]);
      assert.deepEqual(of('refusing.test'), ['out of service', 0, 0]);
      assert.match(gateway.log.join('\n'), /warning: DNS list refusing\.test is out of service: it does not/);
    } finally {
      await gateway.stop();
    }
    const store = new SqliteStore({ path: join(directory, 'state.db'), log: silentLog, housekeeping: false });
    const records = await new ListRecords(store).of(1);
    await store.close();
    rmSync(directory, { recursive: true });
    assert.deepEqual(
      records.map(({ zone, state, hits, uniqueHits }) => [zone, state, hits, uniqueHits]).sort(),
      [
        ['bl.test', 'in service', 1, 0],
        ['names.test', 'in service', 1, 1],
        ['refusing.test', 'out of service', 0, 0],
        ['wl.test', 'in service', 1, 0],
      ],
    );
  });

  test('a list that lists the whole world refuses nobody, and is asked again when it is healthy', async () => {
    const gateway = await gatewayWith(
      'smtpd_client_restrictions = reject_rbl_client bl.sold, reject_rbl_client bl.test',
    );
    try {
      assert.equal(await rcptReply(gateway.port(), '127.0.0.8', to), '250 2.1.5 Ok');
      assert.match(await rcptReply(gateway.port(), '127.0.0.5', to), /blocked using bl\.test/);
      const attempt = gateway.attempts.find(({ verdict }) => verdict === 'reject');
      const looked = attempt?.trace.flatMap((step) =>
        step.looked.map(({ key, answer }) => `${key} ${answer}`),
      );
      assert.match(looked?.[0] ?? '', /^5\.0\.0\.127\.bl\.sold out of service: it answers every question/);
      await rbl.change('sold', honestList('bl', '127.0.0.8'));
      await new Promise((resolve) => setTimeout(resolve, 1_100)); // its answers are kept for a second
      await gateway.assembly.lists.testAll();
      assert.match(
        await rcptReply(gateway.port(), '127.0.0.8', to),
        /^554 5\.7\.1 .* blocked using bl\.sold/,
      );
      assert.ok(gateway.log.includes('DNS list bl.sold is in service again'));
      await rbl.change('sold', soldList('bl', '127.0.0.2'));
    } finally {
      await gateway.stop();
    }
  });

  test('the key of a customer stands in no reply, log line or story', async () => {
    const gateway = await gatewayWith(
      `
dns_servers = ${rbl.address}
dns_timeout = 1s
smtpd_peername_lookup = no
keyed_list = ${KEYED} REJECT see \\$rbl_domain: \\$rbl_txt
smtpd_restriction_classes = by_table, by_inline
by_table = check_client_access inline:{{127.0.0.7 = reject_rbl_client ${KEYED}}}
by_inline = check_client_access rbl:inline:keyed_list
postscreen_dnsbl_sites = ${KEYED}*2
smtpd_recipient_restrictions = reject_unauth_destination,
    check_recipient_access inline:{{plain@ours.test = reject_rbl_client ${KEYED}=127.0.0.[2..9]},
        {table@ours.test=by_table}, {inline@ours.test=by_inline}, {score@ours.test=permit}}
    reject_dnsbl_score 2`,
    );
    try {
      for (const [local, wanted] of [
        [
          'plain',
          /^554 5\.7\.1 .* blocked using zen\.dq\.spamhaus\.net; https:\/\/check\.test\/\*\*\*\/127\.0\.0\.7$/,
        ],
        ['table', /^554 5\.7\.1 .* blocked using zen\.dq\.spamhaus\.net; https:/],
        ['inline', /^554 5\.7\.1 .* see zen\.dq\.spamhaus\.net: https:\/\/check\.test\/\*\*\*/],
        ['other', /^554 5\.7\.1 .* blocked using zen\.dq\.spamhaus\.net; https:/],
      ] as const) {
        assert.match(await rcptReply(gateway.port(), '127.0.0.7', `${local}@ours.test`), wanted);
      }
      await rbl.stop();
      for (let i = 0; i < 6; i++) {
        const client = new SmtpClient(gateway.port(), `127.0.1.${i}`);
        await client.dialogue('EHLO x.test', 'MAIL FROM:<a@far.test>', 'RCPT TO:<plain@ours.test>');
        client.close();
      }
      assert.ok(gateway.log.some((line) => line.includes('RBL lookup error')));
      assert.ok(gateway.log.some((line) => line.includes('zen.dq.spamhaus.net is not waited for')));
      const seen = JSON.stringify([gateway.log, gateway.attempts, gateway.assembly.lists.statistics()]);
      assert.ok(!seen.toLowerCase().includes(KEY), seen.match(new RegExp(`.{200}${KEY}.{100}`, 'i'))?.[0]);
    } finally {
      await gateway.stop();
    }
  });
});
