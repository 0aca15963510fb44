import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Prober } from '../../src/callout/prober.ts';
import { TargetBudget } from '../../src/callout/target-budget.ts';
import type { TargetLineOptions } from '../../src/callout/target-line.ts';
import { address, nullSender } from '../../src/mail/address.ts';
import { reply } from '../../src/mail/reply.ts';
import type { ProbeResult } from '../../src/memory/address-verify.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { type ClientSettings, transportSettings } from '../../src/relay/client-settings.ts';
import { deliveringHop, type NextHop } from '../../src/relay/next-hop.ts';
import { uniformDeadlines } from '../../src/smtp/step.ts';
import { MailHost, type Script, zone } from './mail-hosts.ts';

const hosts: MailHost[] = [];
const probers: Prober[] = [];
after(() => {
  for (const prober of probers) prober.close();
  for (const host of hosts) host.close();
});

const HOSTS = ['127.0.0.31', '127.0.0.32', '127.0.0.33'];

interface Stage {
  readonly hosts: readonly MailHost[];
  ask(who: string, isForeign?: boolean): Promise<ProbeResult>;
}

/** Mail exchangers of a.example, best first, each with its script. */
async function stage(
  scripts: readonly Script[],
  more: Partial<TargetLineOptions> & { settings?: Partial<ClientSettings>; zone?: readonly string[] } = {},
): Promise<Stage> {
  let port = 0;
  const here: MailHost[] = [];
  const lines = [...(more.zone ?? [])];
  for (const [i, script] of scripts.entries()) {
    const host = new MailHost(script);
    port = await host.listen(HOSTS[i] ?? '', port);
    here.push(host);
    hosts.push(host);
    lines.push(`a.example MX ${10 * (i + 1)} mx${i}.a.example`, `mx${i}.a.example A ${HOSTS[i]}`);
  }
  const settings = transportSettings({
    name: 'smtp',
    heloName: 'probe.home.example',
    deadlines: uniformDeadlines(1_000),
    ...more.settings,
  });
  const prober = new Prober({
    dns: zone(lines),
    sources: {},
    budget: new TargetBudget({ store: new MapStore(), perMinute: 0, pauseMs: 0 }),
    target: 'rcpt',
    sender: () => nullSender,
    ...more,
  });
  probers.push(prober);
  return {
    hosts: here,
    ask(who, isForeign = true) {
      const of = address(who);
      const hop = deliveringHop('smtp:', settings, [{ kind: 'host', host: of.domain, port, mx: true }], port);
      return prober.probe(hop, of, isForeign);
    },
  };
}

const brief = ({ kind, text }: ProbeResult) => `${kind}: ${text.replace(/:\d{4,5}/g, ':PORT')}`;
const RCPT = 'RCPT TO:<';

describe('what a host says', () => {
  const cases: [string, Script, RegExp][] = [
    ['yes', {}, /^deliverable: 250/],
    [
      'no such user',
      { answers: { [RCPT]: '550 5.1.1 no' } },
      /^undeliverable: host mx0\.a\.example\[127\.0\.0\.31\] said: 550 5\.1\.1 no \(in reply to RCPT TO command\)$/,
    ],
    ['no, without a status', { answers: { [RCPT]: '550 no such user' } }, /^undeliverable:/],
    [
      'no, in two lines',
      { answers: { [RCPT]: '550-5.1.1 one\r\n550 5.1.1 two' } },
      /said: 550-5\.1\.1 one 550 5\.1\.1 two \(in/,
    ],
    [
      'later',
      { answers: { [RCPT]: '450 4.2.0 greylisted' } },
      /^unknown: host .* said: 450 4\.2\.0 greylisted/,
    ],
    ['policy', { answers: { [RCPT]: '550 5.7.1 you are listed' } }, /^unknown: .*5\.7\.1/],
    ['policy in words', { answers: { [RCPT]: '554 blocked, see www.spamhaus.org' } }, /^unknown: /],
    ['a syntax problem', { answers: { [RCPT]: '501 5.5.4 what' } }, /^unknown: /],
    ['login wanted', { answers: { [RCPT]: '530 5.7.0 log in' } }, /^unknown: /],
    [
      'not this sender',
      { answers: { 'MAIL FROM': '550 no null senders' } },
      /^unknown: .*\(in reply to MAIL FROM command\)$/,
    ],
    [
      'go away',
      { banner: '554 go away' },
      /^unknown: host mx0\.a\.example\[127\.0\.0\.31\] refused to talk to me: 554 go away$/,
    ],
    ['not now', { banner: '421 busy' }, /^unknown: host .* refused to talk to me: 421 busy/],
    [
      'no EHLO and no HELO',
      { answers: { EHLO: '502 no', HELO: '550 go' } },
      /^unknown: host .* refused to talk to me: 550 go$/,
    ],
    ['HELO only', { answers: { EHLO: '502 no' } }, /^deliverable/],
    [
      'it hangs up',
      { answers: { [RCPT]: 'drop' } },
      /^unknown: lost connection with mx0\.a\.example\[127\.0\.0\.31\] while sending (?:MAIL FROM|RCPT TO)$/,
    ],
    [
      'it hangs',
      { answers: { [RCPT]: 'hang' } },
      /^unknown: conversation with mx0\.a\.example\[127\.0\.0\.31\] timed out while sending RCPT TO$/,
    ],
    [
      'nothing at all',
      { banner: 'hang' },
      /^unknown: conversation with .* timed out while receiving the initial server greeting$/,
    ],
    ['rubbish', { banner: 'HTTP/1.1 200 OK' }, /^unknown: /],
    ['one by one', { ehlo: ['8BITMIME'], answers: { [RCPT]: '550 5.1.1 no' } }, /^undeliverable/],
  ];
  for (const [what, script, expected] of cases) {
    test(what, async () => assert.match(brief(await (await stage([script])).ask('joe@a.example')), expected));
  }

  test('nothing is ever sent, and the null sender is used', async () => {
    const { ask, hosts } = await stage([{}]);
    await ask('joe@a.example');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(hosts[0]?.commands, [
      'EHLO probe.home.example',
      'MAIL FROM:<>',
      'RCPT TO:<joe@a.example>',
      'RSET',
      'QUIT',
    ]);
  });

  test('as far as DATA, where that is wanted', async () => {
    const yes = await stage([{}], { target: 'data' });
    assert.match(brief(await yes.ask('joe@a.example')), /^deliverable/);
    assert.ok(!yes.hosts[0]?.commands.includes('.'));
    const no = await stage([{ answers: { DATA: '550 5.1.1 no' } }], { target: 'data' });
    assert.match(brief(await no.ask('joe@a.example')), /^undeliverable: .*\(in reply to DATA command\)/);
  });

  test('addresses in other scripts need a host that knows them', async () => {
    const yes = await stage([{}]);
    assert.match(brief(await yes.ask('jörg@a.example')), /^deliverable/);
    assert.ok(yes.hosts[0]?.commands.includes('MAIL FROM:<> SMTPUTF8'));
    const no = await stage([{ ehlo: ['PIPELINING'] }]);
    assert.match(brief(await no.ask('jörg@a.example')), /^unknown: SMTPUTF8 is required/);
    assert.match(
      brief(await no.ask('a\r\nb@a.example')),
      /^unknown: the address [\s\S]* cannot be asked about/,
    );
  });
});

describe('which host is asked', () => {
  test('the next one when one cannot say, but not when one said no', async () => {
    for (const [first, kind, asked] of [
      [{ banner: '554 go away' }, 'deliverable', 1],
      [{ answers: { [RCPT]: '450 later' } }, 'deliverable', 1],
      [{ answers: { [RCPT]: 'drop' } }, 'deliverable', 1],
      [{ answers: { [RCPT]: '550 5.1.1 no' } }, 'undeliverable', 0],
      [{ answers: { 'MAIL FROM': '550 5.7.1 no' } }, 'unknown', 0],
      [{ answers: { EHLO: '550 no', HELO: '550 no' } }, 'unknown', 0],
    ] as const) {
      const { ask, hosts } = await stage([first, {}]);
      assert.equal((await ask('joe@a.example')).kind, kind, JSON.stringify(first));
      assert.equal(hosts[1]?.recipients.length, asked, JSON.stringify(first));
    }
  });

  test('two conversations at most, and the last word is told', async () => {
    const busy = { answers: { [RCPT]: '450 4.2.0 later' } };
    const { ask, hosts } = await stage([busy, busy, {}]);
    assert.match(brief(await ask('joe@a.example')), /^unknown: host mx1/);
    assert.equal(hosts[2]?.connections, 0);
  });

  test('why there is none, in the words of smtp(8)', async () => {
    const { ask } = await stage([{}], {
      zone: [
        'null.example MX 0 ',
        'down.example A 127.0.0.99',
        'broken.example SERVFAIL',
        'nohost.example MX 10 gone.nohost.example',
        'text.example TXT hello',
      ],
    });
    for (const [who, expected] of [
      [
        'x@gone.example',
        'undeliverable: Host or domain name not found. Name service error for name=gone.example type=AAAA: Host not found',
      ],
      [
        'x@text.example',
        'undeliverable: Host or domain name not found. Name service error for name=text.example type=AAAA: Host found but no data record of requested type',
      ],
      [
        'x@nohost.example',
        'undeliverable: Host or domain name not found. Name service error for name=gone.nohost.example type=AAAA: Host not found',
      ],
      [
        'x@broken.example',
        'unknown: Host or domain name not found. Name service error for name=broken.example type=MX: Host not found, try again',
      ],
      ['x@null.example', 'undeliverable: Domain null.example does not accept mail (nullMX)'],
      ['x@down.example', 'unknown: connect to down.example[127.0.0.99]:PORT: Connection refused'],
    ] as const) {
      assert.equal(brief(await ask(who)), expected);
    }
    assert.match(
      brief(await ask('x@gone.example', false)),
      /^unknown/,
      'a next hop that we have named is our mistake',
    );
  });

  test('next hops that refuse or swallow', async () => {
    const { ask } = await stage([{}]);
    assert.ok(ask);
    const prober = probers.at(-1) as Prober;
    for (const [hop, expected] of [
      [
        { kind: 'refuse', text: 'error:', reply: reply(550, '5.1.1', 'User unknown') },
        'undeliverable: User unknown',
      ],
      [{ kind: 'refuse', text: 'retry:', reply: reply(450, '4.0.0', 'not now') }, 'unknown: not now'],
      [{ kind: 'discard', text: 'discard:', why: 'swallowed' }, 'deliverable: swallowed'],
    ] as [NextHop, string][]) {
      assert.equal(brief(await prober.probe(hop, address('x@a.example'), false)), expected);
    }
  });
});

describe('manners', () => {
  test('many addresses share a connection, in one go', async () => {
    const { ask, hosts } = await stage([{ answers: { [`${RCPT}u7@`]: '550 5.1.1 no' } }]);
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(`u${i}@a.example`)));
    assert.equal(all.filter(({ kind }) => kind === 'deliverable').length, 59);
    assert.equal(all[7]?.kind, 'undeliverable');
    assert.ok((hosts[0]?.connections ?? 99) <= 2, `${hosts[0]?.connections} connections`);
    assert.equal(new Set(hosts[0]?.recipients).size, 60);
    assert.equal(hosts[0]?.recipients.length, 60);
  });

  test('nobody is lost or asked twice when a host hangs up in the middle', async () => {
    const { ask, hosts } = await stage([{ answers: { [`${RCPT}u3@`]: 'drop' } }, {}]);
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(`u${i}@a.example`)));
    assert.ok(all.every(({ kind }) => kind === 'deliverable'));
    assert.ok((hosts[1]?.recipients.length ?? 0) >= 1);
  });

  test('the connection to our own next hop is kept, strangers are let go', async () => {
    for (const [isForeign, connections] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const { ask, hosts } = await stage([{}]);
      for (const who of ['a', 'b']) {
        await ask(`${who}@a.example`, isForeign);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      assert.equal(hosts[0]?.connections, connections);
    }
  });

  test('a kept connection that has died is replaced', async () => {
    const { ask, hosts } = await stage([{}]);
    assert.equal((await ask('a@a.example', false)).kind, 'deliverable');
    await new Promise((resolve) => setTimeout(resolve, 60));
    hosts[0]?.hangUp();
    assert.equal((await ask('b@a.example', false)).kind, 'deliverable');
  });

  test('a host is asked so often a minute, and then left alone', async () => {
    const budget = new TargetBudget({ store: new MapStore(), perMinute: 2, pauseMs: 0 });
    const { ask, hosts } = await stage([{}], { budget });
    const results = [];
    for (const who of ['a', 'b', 'c']) {
      results.push(await ask(`${who}@a.example`));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['deliverable', 'deliverable', 'unknown'],
    );
    assert.equal(results[2]?.passing, true);
    assert.match(
      results[2]?.text ?? '',
      /^host mx0\.a\.example\[127\.0\.0\.31\] is not asked now: it has been asked often enough/,
    );
    assert.equal((await ask('d@a.example', false)).kind, 'deliverable', 'our own next hop has no budget');
    assert.equal(hosts[0]?.recipients.length, 3);
  });

  test('a host that does not want to be asked gets a pause, longer each time', async () => {
    let now = 1_000_000;
    const store = new MapStore(() => now);
    const budget = new TargetBudget({ store, perMinute: 0, pauseMs: 60_000, now: () => now });
    const { ask, hosts } = await stage([{ banner: '554 go away' }], { budget });
    for (let i = 0; i < 3; i++) assert.match(brief(await ask(`u${i}@a.example`)), /refused to talk to me/);
    assert.match(brief(await ask('x@a.example')), /it does not want to be asked/);
    now += 60_001;
    assert.match(brief(await ask('x@a.example')), /refused to talk to me/);
    now += 60_001;
    assert.match(brief(await ask('x@a.example')), /it does not want to be asked/);
    now += 60_001;
    assert.match(brief(await ask('x@a.example')), /refused to talk to me/);
    assert.equal(hosts[0]?.connections, 5);
  });
});
