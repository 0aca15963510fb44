/** What hangs on the tests before the greeting: memory, limits, TLS, proxies, the story of each attempt. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { sessions } from '../../src/server/sessions.ts';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { type GatewayPlan, RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';

const MASTER =
  'smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\nsubmission inet n - n - - smtpd\n';
const KEY = '0123456789abcdef0123456789abcdef';

async function withGateway(
  plan: GatewayPlan,
  work: (gateway: RunningGateway) => Promise<void>,
): Promise<void> {
  const gateway = await RunningGateway.start({
    masterCf: MASTER,
    ...plan,
    mainCf: `postscreen_greet_wait = 1s\nstate_store = memory:\nsmtpd_peername_lookup = no\n${plan.mainCf ?? ''}`,
  });
  try {
    await work(gateway);
  } finally {
    await gateway.stop();
  }
}

/** Whether a client has to wait for its greeting. */
async function mustWait(port: number, from = '127.0.0.1'): Promise<boolean> {
  const client = new SmtpClient(port, from);
  const first = await client.line();
  if (first.startsWith('220-')) assert.match(await client.line(), /^220 gw\.test/);
  assert.equal(await client.say('QUIT'), '221 2.0.0 Bye');
  client.close();
  return first.startsWith('220-');
}

describe('the tests before the greeting', { concurrency: true, timeout: 60_000 }, () => {
  test('are made once a day, and never where users submit mail', () =>
    withGateway({}, async (gateway) => {
      assert.equal(await mustWait(gateway.port('submission')), false);
      assert.equal(await mustWait(gateway.port('smtp')), true);
      assert.equal(await mustWait(gateway.port('smtp')), false);
      assert.equal(await mustWait(gateway.port('smtp'), '127.0.0.2'), true);
      assert.ok(gateway.log.some((line) => line.startsWith('PASS OLD [127.0.0.1]:')));
    }));

  test("two gateways with one memory know each other's clients", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'passed-'));
    const plan = { mainCf: `state_store = sqlite:${directory}/state.db\n` };
    await withGateway(plan, (one) =>
      withGateway(plan, async (two) => {
        assert.equal(await mustWait(one.port('smtp')), true);
        assert.equal(await mustWait(two.port('smtp')), false);
      }),
    );
    rmSync(directory, { recursive: true });
  });

  test('without a memory that answers everybody waits and nobody is refused', () =>
    withGateway({ mainCf: 'state_store = redis://127.0.0.1:1/0\n' }, async (gateway) => {
      for (let i = 0; i < 2; i++) assert.equal(await mustWait(gateway.port('smtp')), true);
    }));

  test('so many clients may wait at once, and so many connections of one', () =>
    withGateway(
      { mainCf: 'postscreen_pre_queue_limit = 10\npostscreen_client_connection_count_limit = 3\n' },
      async (gateway) => {
        const waiting = (from: string) => new SmtpClient(gateway.port('smtp'), from);
        const all = [1, 2, 3, 4].flatMap((host) => [waiting(`127.0.1.${host}`), waiting(`127.0.1.${host}`)]);
        all.push(waiting('127.0.1.1'));
        for (const client of all) assert.match(await client.line(), /^220-gw\.test/);
        const fourth = waiting('127.0.1.1');
        assert.equal(await fourth.line(), '421 4.7.0 Error: too many connections');
        assert.equal(await fourth.line(), '<closed>');
        all.push(waiting('127.0.1.9'));
        assert.match(await (all.at(-1) as SmtpClient).line(), /^220-/);
        const eleventh = waiting('127.0.1.10');
        assert.equal(await eleventh.line(), '421 4.3.2 All screening ports are busy');
        for (const client of all) assert.match(await client.line(), /^220 /);
        assert.equal(await mustWait(gateway.port('smtp'), '127.0.1.10'), true, 'there is room again');
        for (const client of [...all, fourth, eleventh]) client.close();
        assert.ok(
          gateway.log.some((line) =>
            /^NOQUEUE: reject: CONNECT from \[127\.0\.1\.10\]:\d+: all screening/.test(line),
          ),
        );
      },
    ));

  test('a client that was refused gives its place back, also with TLS', () =>
    withGateway(
      {
        mainCf: `postscreen_client_connection_count_limit = 1
postscreen_access_list = cidr:{{127.0.0.0/8 reject}}
postscreen_denylist_action = enforce
postscreen_greet_banner =
smtpd_tls_security_level = may
smtpd_tls_chain_files = {dir}/both.pem
`,
        files: { 'both.pem': testKey + testCertificate },
      },
      async (gateway) => {
        for (let i = 0; i < 3; i++) {
          const socket = connect(gateway.port('smtp'), '127.0.0.1');
          const heard = async () => String((await once(socket, 'data'))[0]).trim();
          assert.match(await heard(), /^220 /);
          socket.write('EHLO x\r\n');
          const offered = await heard();
          assert.match(offered, /^250-STARTTLS/m);
          assert.doesNotMatch(offered, /PIPELINING|AUTH/);
          socket.write('STARTTLS\r\n');
          await heard();
          const secure = connectTls({ socket, rejectUnauthorized: false });
          await once(secure, 'secureConnect');
          const say = async (line: string) => {
            secure.write(`${line}\r\n`);
            return String((await once(secure, 'data'))[0]).trim();
          };
          await say('EHLO x');
          await say('MAIL FROM:<a@b.test>');
          assert.equal(await say('RCPT TO:<c@ours.test>'), '550 5.3.2 Service currently unavailable');
          assert.match(await say('QUIT'), /^221/);
          await once(secure, 'close');
        }
      },
    ));

  test('behind a proxy the client is tested that the proxy names', () =>
    withGateway(
      { mainCf: 'postscreen_upstream_proxy_protocol = haproxy\npostscreen_greet_action = enforce\n' },
      async (gateway) => {
        const client = new SmtpClient(gateway.port('smtp'));
        client.send('PROXY TCP4 198.51.100.7 127.0.0.1 4711 25', 'HELO too.soon');
        assert.match(await client.line(), /^220-/);
        assert.equal(await client.line(), '250 gw.test');
        client.close();
        assert.ok(
          gateway.log.some((line) =>
            /^PREGREET 15 after [\d.]+ from \[198\.51\.100\.7\]:4711: HELO too\.soon\\r\\n$/.test(line),
          ),
        );
      },
    ));

  test('every refusal has its story, and no key of a customer stands in it', () =>
    withGateway(
      {
        mainCf: `postscreen_greet_action = drop
postscreen_dnsbl_sites = ${KEY}.zen.dq.spamhaus.net*2, bl.test*3
postscreen_dnsbl_threshold = 2
postscreen_dnsbl_action = enforce
postscreen_dnsbl_reply_map = inline:{bl.test=our.list}
`,
        zone: [`127.0.0.7@${KEY}.zen.dq.spamhaus.net A 127.0.0.2`, '127.0.0.8@bl.test A 127.0.0.2'],
      },
      async (gateway) => {
        const port = gateway.port('smtp');
        for (const [from, name] of [
          ['127.0.0.7', 'zen.dq.spamhaus.net'],
          ['127.0.0.8', 'our.list'],
        ]) {
          const client = new SmtpClient(port, from);
          const last = await client.dialogue(
            'EHLO x.test',
            'MAIL FROM:<a@far.test>',
            'RCPT TO:<b@ours.test>',
          );
          assert.equal(last, `550 5.7.1 Service unavailable; client [${from}] blocked using ${name}`);
          client.close();
        }
        const hasty = new SmtpClient(port, '127.0.0.9');
        hasty.send('EHLO too.soon');
        assert.match(await hasty.line(), /^220-/);
        assert.equal(await hasty.line(), '521 5.5.1 Protocol error');
        hasty.close();
        const gone = new SmtpClient(port, '127.0.0.10');
        assert.match(await gone.line(), /^220-/);
        gone.close();
        for (let i = 0; i < 50 && gateway.attempts.length < 4; i++)
          await new Promise((done) => setTimeout(done, 50));
        const stories = gateway.attempts
          .map(({ client_address, stage, verdict, reply, restriction, sender, recipients }) =>
            [client_address, stage, verdict, reply.slice(0, 9), restriction, sender, ...recipients].join(' '),
          )
          .sort();
        assert.deepEqual(stories, [
          '127.0.0.10 CONNECT abandon   ',
          '127.0.0.7 RCPT reject 550 5.7.1 postscreen_dnsbl_action a@far.test b@ours.test',
          '127.0.0.8 RCPT reject 550 5.7.1 postscreen_dnsbl_action a@far.test b@ours.test',
          '127.0.0.9 CONNECT reject 521 5.5.1 postscreen_greet_action ',
        ]);
        const [first] = gateway.attempts;
        assert.deepEqual(
          first?.trace.map(({ stage, restriction, verdict }) => `${stage} ${restriction} ${verdict}`),
          ['CONNECT postscreen_dnsbl_sites reject'],
        );
        assert.ok(!JSON.stringify([gateway.log, gateway.attempts]).includes(KEY));
      },
    ));
});

test('nobody waits when the service ends', () =>
  withGateway({ mainCf: 'postscreen_greet_wait = 30s\n' }, async (gateway) => {
    const client = new SmtpClient(gateway.port('smtp'));
    assert.match(await client.line(), /^220-/);
    const began = performance.now();
    const drained = sessions.drain(20_000);
    assert.equal(await client.line(), '421 4.3.2 gw.test Service shutting down');
    client.close();
    await drained;
    sessions.draining = false;
    assert.ok(performance.now() - began < 10_000);
    assert.ok(!gateway.log.some((line) => line.startsWith('PASS')));
  }));
