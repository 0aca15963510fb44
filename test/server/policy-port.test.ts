/** What the policy service answers: for each verdict, at each stage, to old and new servers. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Attempt } from '../../src/record/attempt.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { type Attributes, PolicyAsker, request, written } from './policy-asker.ts';

const OPEN = '-o policy_authorized_clients=127.0.0.1';

/** `services`: name and options of each line. */
async function startGateway(
  t: TestContext,
  services: Readonly<Record<string, readonly string[]>>,
  plan: { mainCf?: string; zone?: readonly string[] } = {},
): Promise<RunningGateway> {
  const lines = Object.entries(services).map(
    ([name, options]) =>
      `${name} unix - n n - - policy ${OPEN} ${options.map((option) => `-o {${option}}`).join(' ')}`,
  );
  const gateway = await RunningGateway.start({ ...plan, masterCf: `${lines.join('\n')}\n` });
  t.after(() => gateway.stop());
  return gateway;
}

function asker(t: TestContext, gateway: RunningGateway, service?: string): PolicyAsker {
  const made = new PolicyAsker({ host: '127.0.0.1', port: gateway.port(service) });
  t.after(() => made.close());
  return made;
}

test('what a table says becomes an action that Postfix understands', async (t) => {
  const rows: [says: string, action: string][] = [
    ['OK', 'DUNNO'],
    ['DUNNO', 'DUNNO'],
    ['REJECT go away', '554 5.7.1 go away'],
    ['REJECT', '554 5.7.1 Access denied'],
    ['550 5.7.9 not here', '550 5.7.9 not here'],
    ['421 4.7.1 bye', '421 4.7.1 bye'],
    ['DEFER later', '450 4.7.1 later'],
    ['DEFER_IF_PERMIT 4.7.9 perhaps later', 'DEFER_IF_PERMIT 4.7.9 perhaps later'],
    ['DEFER_IF_REJECT perhaps', 'DEFER_IF_REJECT 4.7.1 perhaps'],
    ['PREPEND X-Seen: yes', 'PREPEND X-Seen: yes'],
    ['HOLD looks odd', 'HOLD looks odd'],
    ['HOLD', 'HOLD triggers HOLD action'],
    ['DISCARD enough', 'DISCARD enough'],
    ['FILTER smtp:[10.0.0.9]:25', 'FILTER smtp:[10.0.0.9]:25'],
    ['REDIRECT boss@ours.test', 'REDIRECT boss@ours.test'],
    ['BCC boss@ours.test', 'BCC boss@ours.test'],
    ['WARN look at this', 'WARN look at this'],
    ['INFO look at this', 'INFO look at this'],
    ['reject_unknown_nonsense', '451 4.3.5 Server configuration error'],
    ['defer_if_reject, defer_if_permit', '450 4.7.0 defer_if_permit requested'],
  ];
  const entries = rows.map(([says], i) => `{joe${i}@ours.test = ${says}}`);
  const gateway = await startGateway(t, {
    '2525': [`smtpd_recipient_restrictions = check_recipient_access inline:{ ${entries.join(', ')} }`],
  });
  const server = asker(t, gateway);
  for (const [i, [says, action]] of rows.entries()) {
    const answer = await server.ask({ recipient: `joe${i}@ours.test`, instance: `mail.${i}` });
    assert.equal(answer, action, says);
  }
});

test('each stage has its list, and the first three wait for RCPT unless they are told not to', async (t) => {
  const refuseAll = (list: string) =>
    `smtpd_${list}_restrictions = check_client_access static:{REJECT ${list}}`;
  const gateway = await startGateway(t, {
    waits: [refuseAll('client')],
    early: ['client', 'helo', 'sender', 'recipient', 'data', 'end_of_data', 'etrn']
      .map(refuseAll)
      .concat('smtpd_delay_reject = no'),
  });
  const client = '<mail.far.test[192.0.2.1]>: Client host rejected: ';
  const beforeMail = { sender: '', recipient: '', instance: '' };
  const rows: [service: string, state: string, attributes: Attributes, action: string][] = [
    ['early', 'CONNECT', { ...beforeMail, helo_name: '' }, '554 5.7.1 client'],
    ['early', 'EHLO', beforeMail, `554 5.7.1 ${client}helo`],
    ['early', 'HELO', beforeMail, `554 5.7.1 ${client}helo`],
    ['early', 'MAIL', { recipient: '' }, `554 5.7.1 ${client}sender`],
    ['early', 'RCPT', {}, `554 5.7.1 ${client}recipient`],
    ['early', 'VRFY', {}, `554 5.7.1 ${client}recipient`],
    ['early', 'DATA', {}, `554 5.7.1 ${client}data`],
    ['early', 'BDAT', {}, `554 5.7.1 ${client}data`],
    ['early', 'END-OF-MESSAGE', {}, `554 5.7.1 ${client}end_of_data`],
    ['early', 'ETRN', { ...beforeMail, etrn_domain: 'ours.test' }, `554 5.7.1 ${client}etrn`],
    ['early', 'A-STATE-OF-THE-FUTURE', {}, 'DUNNO'],
    ['early', 'constructor', {}, 'DUNNO'],
    ['waits', 'CONNECT', { ...beforeMail, helo_name: '' }, 'DUNNO'],
    ['waits', 'EHLO', beforeMail, 'DUNNO'],
    ['waits', 'MAIL', { recipient: '' }, 'DUNNO'],
    ['waits', 'RCPT', {}, `554 5.7.1 ${client}client`],
    ['waits', 'DATA', {}, 'DUNNO'],
    ['waits', 'END-OF-MESSAGE', {}, 'DUNNO'],
  ];
  const servers = { early: asker(t, gateway, 'early'), waits: asker(t, gateway, 'waits') };
  for (const [service, state, attributes, action] of rows) {
    const server = servers[service as keyof typeof servers];
    assert.equal(await server.ask({ ...attributes, protocol_state: state }), action, `${service} ${state}`);
  }
});

test('relaying and unknown recipients are for the server that asks to refuse, unless a list says so', async (t) => {
  const plan = { mainCf: 'relay_recipient_maps = inline:{ known@ours.test=x }\n' };
  const gateway = await startGateway(
    t,
    {
      plain: ['smtpd_recipient_restrictions ='],
      strict: ['smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient'],
    },
    plan,
  );
  const [plain, strict] = [asker(t, gateway, 'plain'), asker(t, gateway, 'strict')];
  assert.equal(await plain.ask({ recipient: 'joe@elsewhere.test' }), 'DUNNO');
  assert.equal(await plain.ask({ recipient: 'nobody@ours.test' }), 'DUNNO');
  assert.match(await strict.ask({ recipient: 'joe@elsewhere.test' }), /^554 5\.7\.1 .*Relay access denied$/);
  assert.match(await strict.ask({ recipient: 'nobody@ours.test' }), /^550 5\.1\.1 User unknown/);
  assert.equal(await strict.ask({ recipient: 'known@ours.test' }), 'DUNNO');
});

test('a relay list for the policy service alone is complained of', async (t) => {
  const gateway = await startGateway(t, { '2525': ['smtpd_relay_restrictions = reject'], '2526': [] });
  assert.deepEqual(gateway.assembly.complaints.map(complaintLine), [
    'master.cf:1: smtpd_relay_restrictions is not asked by a policy service; the server that asks knows who may relay; write other restrictions into smtpd_recipient_restrictions',
  ]);
});

test('a server whose instances are all the same is told of header fields again', async (t) => {
  const options = ['smtpd_recipient_restrictions = reject_spf_fail'];
  const gateway = await startGateway(t, { '2525': options }, { zone: ['far.test TXT v=spf1 ~all'] });
  const server = asker(t, gateway);
  const questions = 1_000;
  server.send(request({ instance: 'always' }).repeat(questions + 1));
  assert.match(await server.answer(), /^PREPEND Received-SPF: softfail /);
  for (let i = 1; i < questions; i++) assert.equal(await server.answer(), 'DUNNO');
  assert.match(await server.answer(), /^PREPEND Received-SPF: softfail /);
});

test('greylisting: come back later, then welcome, with a header field for the first recipient', async (t) => {
  const gateway = await startGateway(t, {
    '2525': [
      'smtpd_recipient_restrictions = check_greylist',
      'greylist_delay = 1s',
      'greylist_key = address',
    ],
  });
  const server = asker(t, gateway);
  const wait = 'DEFER_IF_PERMIT 4.2.0 Greylisting in action, please try later (in 1 seconds)';
  assert.equal(await server.ask({ instance: 'first' }), wait);
  assert.equal(await server.ask({ instance: 'first', recipient: 'jim@ours.test' }), wait);
  const refusal =
    'NOQUEUE: reject: RCPT from mail.far.test[192.0.2.1]: 450 4.2.0 <joe@ours.test>: Recipient address rejected: ' +
    'Greylisting in action, please try later (in 1 seconds); from=<ann@far.test> to=<joe@ours.test> proto=ESMTP helo=<mail.far.test>';
  assert.ok(gateway.log.includes(refusal), gateway.log.join('\n'));
  const [{ id, trace, ...record }] = gateway.attempts as [Attempt];
  assert.partialDeepStrictEqual(record, {
    service: '2525',
    client_address: '192.0.2.1',
    helo_name: 'mail.far.test',
    protocol: 'ESMTP',
    sender: 'ann@far.test',
    recipients: ['joe@ours.test'],
    stage: 'RCPT',
    verdict: 'defer',
    restriction: 'check_greylist',
    rule: 'master.cf:1',
  });
  assert.deepEqual(
    trace.map(({ stage, recipient, verdict }) => [stage, recipient, verdict]),
    [['RCPT', 'joe@ours.test', 'postpone until permit']],
  );
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  assert.match(
    await server.ask({ instance: 'second' }),
    /^PREPEND X-Greylist: delayed [12] seconds by portcullis at gw\.test; /,
  );
  assert.equal(await server.ask({ instance: 'second', recipient: 'jim@ours.test' }), 'DUNNO');
  assert.equal(await server.ask({ instance: 'third' }), 'DUNNO', 'known');
  assert.equal(
    await server.ask({ instance: 'fourth', sender: 'eve@far.test', sasl_username: 'eve' }),
    'DUNNO',
  );
  assert.equal(await server.ask({ sender: 'new@far.test', recipient: 'postmaster@ours.test' }), 'DUNNO');
});

test('SPF: failures are refused, other results are told once for each mail', async (t) => {
  const zone = [
    'far.test TXT v=spf1 ip4:192.0.2.1 -all',
    'soft.test TXT v=spf1 ~all',
    'broken.test TXT v=spf1 include:a.b.test include:servfail.test -all',
    'servfail.test SERVFAIL',
    'helo.far.test TXT v=spf1 ip4:192.0.2.1 -all',
  ];
  const gateway = await startGateway(
    t,
    {
      '2525': ['smtpd_recipient_restrictions = reject_spf_fail, permit_mynetworks'],
      silent: ['smtpd_recipient_restrictions = reject_spf_fail', 'spf_verify = no'],
    },
    { zone },
  );
  const server = asker(t, gateway, '2525');
  const fail =
    '550 5.7.23 <ann@far.test>: Sender address rejected: SPF fail: 192.0.2.9 may not send mail for far.test';
  assert.equal(await server.ask({ client_address: '192.0.2.9' }), fail);
  const pass = await server.ask({ instance: 'one' });
  assert.match(
    pass,
    /^PREPEND Received-SPF: pass \(gw\.test: far\.test designates 192\.0\.2\.1 as permitted sender\) client-ip=192\.0\.2\.1; /,
  );
  assert.ok(!pass.includes('\n'));
  assert.equal(await server.ask({ instance: 'one', recipient: 'jim@ours.test' }), 'DUNNO');
  assert.match(
    await server.ask({ instance: 'two', recipient: 'jim@ours.test' }),
    /^PREPEND Received-SPF: pass /,
  );
  assert.match(await server.ask({ sender: 'ann@soft.test' }), /^PREPEND Received-SPF: softfail /);
  assert.match(await server.ask({ sender: 'ann@nothing.test' }), /^PREPEND Received-SPF: none /);
  assert.match(await server.ask({ sender: 'ann@broken.test' }), /^PREPEND Received-SPF: permerror /);
  assert.match(await server.ask({ sender: 'ann@servfail.test' }), /^DEFER_IF_PERMIT 4\.7\.24 /);
  const bounce = { sender: '', helo_name: 'helo.far.test', client_address: '192.0.2.9' };
  assert.match(await server.ask(bounce), /^550 5\.7\.23 <helo\.far\.test>: Helo command rejected: SPF fail/);
  assert.equal(await server.ask({ client_address: '10.1.2.3' }), 'DUNNO', 'our own networks');
  const silent = asker(t, gateway, 'silent');
  assert.equal(await silent.ask({ client_address: '192.0.2.9' }), fail);
  assert.equal(await silent.ask(), 'DUNNO');
});

test('one answer has one action: fields wait for the next question about the mail, orders are lost with a word', async (t) => {
  const both = 'check_sender_access static:{PREPEND X-One: 1}, check_sender_access static:{PREPEND X-Two: 2}';
  const gateway = await startGateway(t, {
    fields: [`smtpd_recipient_restrictions = ${both}`],
    orders: [
      'smtpd_recipient_restrictions = check_sender_access static:{BCC a@b.test}, check_sender_access static:{HOLD no}',
    ],
  });
  const fields = asker(t, gateway, 'fields');
  assert.equal(await fields.ask({ instance: 'm' }), 'PREPEND X-One: 1');
  assert.equal(await fields.ask({ instance: 'm', protocol_state: 'DATA' }), 'PREPEND X-Two: 2');
  assert.equal(await fields.ask({ instance: 'm', protocol_state: 'END-OF-MESSAGE' }), 'DUNNO');
  const orders = asker(t, gateway, 'orders');
  assert.equal(await orders.ask(), 'HOLD <ann@far.test>: Sender address no');
  assert.ok(gateway.log.includes('warning: a policy answer has one action: hold is told, bcc is not'));
});

test('soft_bounce holds here, too', async (t) => {
  const gateway = await startGateway(t, {
    '2525': ['smtpd_recipient_restrictions = reject', 'soft_bounce = yes'],
  });
  assert.equal(await asker(t, gateway).ask(), '454 4.7.1 Access denied');
});

test('what cannot be looked up defers', async (t) => {
  const gateway = await startGateway(t, {
    table: ['smtpd_recipient_restrictions = check_recipient_access fail:table'],
    name: [
      'smtpd_recipient_restrictions = reject_unknown_client_hostname',
      'unknown_client_reject_code = 550',
    ],
  });
  const table = await asker(t, gateway, 'table').ask();
  assert.match(table, /^451 4\.3\.\d /);
  const unknown = { client_name: 'unknown', reverse_client_name: 'unknown' };
  const name = await asker(t, gateway, 'name').ask(unknown);
  assert.match(name, /^450 4\.7\.25 /, 'the protocol does not say whether the name is unknown for good');
});

test('old servers say less, new ones more', async (t) => {
  const gateway = await startGateway(t, {
    '2525': ['smtpd_recipient_restrictions = check_greylist, reject_multi_recipient_bounce'],
  });
  const server = asker(t, gateway);
  const old = {
    request: 'smtpd_access_policy',
    client_address: '192.0.2.7',
    sender: 'a@b.test',
    recipient: 'joe@ours.test',
  };
  server.send(written(old));
  assert.match(await server.answer(), /^DEFER_IF_PERMIT 4\.2\.0 /);
  server.send(written({ request: 'smtpd_access_policy' }));
  assert.match(await server.answer(), /^DEFER_IF_PERMIT 4\.2\.0 |^DUNNO$/);
  server.send(
    written({
      ...old,
      from_the_future: 'yes',
      client_address: 'no address',
      size: 'big',
      'with=sign': 'a=b',
    }),
  );
  assert.match(await server.answer(), /^DEFER_IF_PERMIT 4\.2\.0 /);
});

test('facts about TLS and logins count', async (t) => {
  const restrictions =
    'permit_sasl_authenticated, permit_tls_all_clientcerts, permit_tls_clientcerts, reject_plaintext_session, reject';
  const gateway = await startGateway(
    t,
    {
      '2525': [
        `smtpd_recipient_restrictions = ${restrictions}`,
        'smtpd_sasl_auth_enable = no',
        'smtpd_tls_ask_ccert = yes',
      ],
    },
    { mainCf: 'relay_clientcerts = inline:{ AA:BB=joe }\n' },
  );
  const server = asker(t, gateway);
  const tls = {
    encryption_protocol: 'TLSv1.3',
    encryption_cipher: 'TLS_AES_256_GCM_SHA384',
    encryption_keysize: '256',
  };
  assert.match(await server.ask(), /^450 4\.7\.1 Session encryption is required/);
  assert.match(await server.ask(tls), /^554 5\.7\.1 Access denied/);
  assert.match(await server.ask({ ...tls, ccert_fingerprint: 'AA:CC' }), /^554 5\.7\.1 Access denied/);
  assert.equal(await server.ask({ ...tls, ccert_fingerprint: 'AA:BB' }), 'DUNNO');
  assert.equal(
    await server.ask({ ...tls, ccert_fingerprint: 'AA:CC', ccert_subject: 'joe+20smith' }),
    'DUNNO',
  );
  assert.equal(await server.ask({ sasl_username: 'joe', sasl_method: 'PLAIN' }), 'DUNNO');
});
