/** The restrictions that ask the gateway's memory, judged without a gateway. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { type Client, unnamedClient } from '../../src/mail/client.ts';
import { type Envelope, newOrders } from '../../src/mail/envelope.ts';
import { replyText } from '../../src/mail/reply.ts';
import type { Session } from '../../src/mail/session.ts';
import { builtIn } from '../../src/mail/source.ts';
import type { AddressStatus } from '../../src/memory/address-verify.ts';
import { Correspondents } from '../../src/memory/correspondents.ts';
import { Greylist } from '../../src/memory/greylist.ts';
import { Identities } from '../../src/memory/identities.ts';
import { KnownSigners } from '../../src/memory/known-signers.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { RateLimiter } from '../../src/memory/rate-limiter.ts';
import { StoreFailure } from '../../src/memory/store.ts';
import { permitCorrespondent } from '../../src/restrictions/correspondent.ts';
import { checkGreylist } from '../../src/restrictions/greylist.ts';
import type {
  Greylisting,
  MemorySources,
  UnverifiedReplies,
  Verification,
} from '../../src/restrictions/memory-sources.ts';
import { orderHints } from '../../src/restrictions/order-hints.ts';
import type { Question, Stage } from '../../src/restrictions/question.ts';
import type { Answer, Judge } from '../../src/restrictions/restriction.ts';
import type { Sources } from '../../src/restrictions/sources.ts';
import { clientSubject, recipientSubject } from '../../src/restrictions/subjects.ts';
import { rejectUnverified } from '../../src/restrictions/verify.ts';
import type { Table } from '../../src/tables/table.ts';

const HOUR = 3_600_000;

class World {
  now = Date.now();
  readonly looked: string[] = [];
  readonly store = new MapStore(() => this.now);
  readonly correspondents = new Correspondents({
    store: this.store,
    lifetimeMs: 100 * HOUR,
    now: () => this.now,
  });
  spf: string | undefined;
  status: AddressStatus = { kind: 'deliverable', text: '250 ok' };
  probes = 0;
  greylisting: Partial<Greylisting> = {};
  verification: Partial<Omit<Verification, 'replies'>> & { replies?: Partial<UnverifiedReplies> } = {};

  sources(): Sources {
    const { store } = this;
    const prefixBits = { ipv4: 24, ipv6: 64 };
    const replies = {
      rejectCode: 450,
      deferCode: 450,
      rejectReason: '',
      tempfailAction: 'defer_if_permit',
      ...this.verification.replies,
    } as const;
    const memory: MemorySources = {
      correspondents: this.correspondents,
      identities: new Identities({
        by: 'identity',
        prefixBits,
        spfDomain: async () => this.spf,
        signers: new KnownSigners({ store, prefixBits, lifetimeMs: HOUR }),
        now: () => this.now,
      }),
      greylisting: {
        list: new Greylist({
          store,
          delayMs: 300_000,
          retryWindowMs: 48 * HOUR,
          lifetimeMs: 800 * HOUR,
          autoWhitelistAfter: 5,
          now: () => this.now,
        }),
        whitelist: undefined,
        message: 'Greylisting in action, please try later',
        training: false,
        failureAction: 'dunno',
        by: 'portcullis at mx.home.example',
        ...this.greylisting,
      },
      rates: {
        limiter: new RateLimiter(store),
        clientExceptions: { has: () => false },
        prefixBits,
      },
      verification: {
        status: async () => {
          this.probes++;
          return this.status;
        },
        exceptions: undefined,
        skipProvenSenders: true,
        ...this.verification,
        replies: { sender: replies, recipient: replies },
      },
    };
    return {
      memory,
      codes: { access_map_defer_code: 450 },
      parentStyle: 'parent',
      recipientDelimiter: '+',
      allowUntrustedRouting: false,
      addresses: {
        resolve: async (of: { domain: string }) => ({
          class: of.domain === 'home.example' ? 'local' : 'default',
          address: of,
        }),
      },
    } as unknown as Sources;
  }

  async ask(
    make: (sources: Sources) => Judge,
    more: Partial<{
      client: Client;
      sender: string;
      recipient: string | undefined;
      sasl: string;
      stage: Stage;
      envelope: Envelope;
    }> = {},
  ): Promise<string> {
    const session = {
      client: more.client ?? unnamedClient('192.0.2.5', '1'),
      helo: 'x.example',
      sasl: more.sasl ? { username: more.sasl, method: 'PLAIN' } : undefined,
    } as Session;
    const recipient = 'recipient' in more ? more.recipient : 'joe@home.example';
    const of = recipient === undefined ? undefined : address(recipient);
    const q = {
      session,
      stage: more.stage ?? 'RCPT',
      sender: address(more.sender ?? 'ann@far.example'),
      recipient: of,
      envelope: more.envelope,
      subject: of ? recipientSubject(of) : clientSubject(session),
      hearing: {
        step: {
          looked: {
            push: ({ key, answer }: { key: string; answer: string }) =>
              this.looked.push(`${key} -> ${answer}`),
          },
        },
      },
    } as unknown as Question;
    return brief(await make(this.sources())(q));
  }
}

function brief(answer: Answer): string {
  if (answer.kind === 'reject') return `reject ${replyText(answer.reply)}`;
  if (answer.kind === 'postpone') return `until ${answer.until} ${replyText(answer.reply)}`;
  if (answer.kind === 'note') return answer.note.kind === 'prepend' ? answer.note.header : answer.note.kind;
  return answer.kind;
}

const table = (entries: Record<string, string>): Table => ({ name: 'inline:', find: (key) => entries[key] });
const named = (name: string): Client => ({
  ...unnamedClient('192.0.2.5', '1'),
  name,
  nameStatus: 'ok',
  reverseName: name,
  reverseNameStatus: 'ok',
});
const WAIT =
  'until permit 450 4.2.0 <joe@home.example>: Recipient address rejected: Greylisting in action, please try later (in 300 seconds)';

describe('check_greylist', () => {
  test('defers what would be accepted, says for how long, and tells the delay in a header', async () => {
    const world = new World();
    assert.equal(await world.ask(checkGreylist), WAIT);
    world.now += 299_500;
    assert.match(await world.ask(checkGreylist), /\(in 1 seconds\)$/);
    world.now += 45_500;
    assert.match(
      await world.ask(checkGreylist),
      /^X-Greylist: delayed 345 seconds by portcullis at mx\.home\.example; \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/,
    );
    assert.equal(await world.ask(checkGreylist), 'dunno');
    assert.deepEqual(
      world.looked.map((line) => line.replace(/^.* -> /, '')),
      ['new: 300 s left', 'early: 1 s left', 'returned after 345 s', 'known'],
    );
  });

  test('one header for a mail with several recipients', async () => {
    const world = new World();
    const envelope = { recipients: [], orders: newOrders() } as unknown as Envelope;
    for (const recipient of ['a@home.example', 'b@home.example'])
      await world.ask(checkGreylist, { recipient, envelope });
    world.now += HOUR;
    assert.match(await world.ask(checkGreylist, { recipient: 'a@home.example', envelope }), /^X-Greylist/);
    envelope.orders.prepend.push('X-Greylist: delayed 3600 seconds');
    assert.equal(await world.ask(checkGreylist, { recipient: 'b@home.example', envelope }), 'dunno');
  });

  test('behind RCPT all recipients count', async () => {
    const world = new World();
    const recipients = ['a@home.example', 'postmaster@home.example'].map((text) => ({
      address: address(text),
    }));
    const envelope = { recipients, orders: newOrders() } as unknown as Envelope;
    const ask = () => world.ask(checkGreylist, { recipient: undefined, stage: 'DATA', envelope });
    assert.match(
      await ask(),
      /^until permit 450 4\.2\.0 <unknown\[192\.0\.2\.5\]>: Client host rejected: Greylisting/,
    );
    world.now += HOUR;
    assert.match(await ask(), /^X-Greylist/);
    assert.equal(await world.ask(checkGreylist, { recipient: undefined }), 'dunno', 'nobody to speak of');
  });

  test("the operator's sentence", async () => {
    for (const [message, told] of [
      ['Wait %s s, see http://x/%r', 'Wait 300 s, see http://x/home.example'],
      ['Greylisted', 'Greylisted (in 300 seconds)'],
    ] as const) {
      const world = new World();
      world.greylisting = { message };
      assert.equal(
        await world.ask(checkGreylist),
        `until permit 450 4.2.0 <joe@home.example>: Recipient address rejected: ${told}`,
      );
    }
  });

  test('who need not wait', async () => {
    const whitelist = table({
      'good.example': 'OK',
      '198.51.100': 'OK',
      'far.example': 'OK',
      'bad.far.example': 'DUNNO',
      'jim@': 'OK',
    });
    for (const [more, expected] of [
      [{ sasl: 'joe' }, 'dunno'],
      [{ client: named('mail-ej1-f41.google.com') }, 'dunno'],
      [{ client: { ...named('mail.google.com'), nameStatus: 'forged' } as Client }, WAIT],
      [{ recipient: 'postmaster@home.example' }, 'dunno'],
      [{ recipient: 'abuse@home.example' }, 'dunno'],
      [{ sender: '' }, WAIT],
    ] as const) {
      assert.equal(await new World().ask(checkGreylist, more), expected, JSON.stringify(more));
    }
    for (const [more, expected] of [
      [{ client: named('mx.good.example'), sender: 'x@y.example' }, 'dunno'],
      [
        { client: { ...named('mx.good.example'), nameStatus: 'forged' } as Client, sender: 'x@y.example' },
        WAIT,
      ],
      [{ client: unnamedClient('198.51.100.7', '1'), sender: 'x@y.example' }, 'dunno'],
      [{ sender: 'x@sub.far.example' }, 'dunno'],
      [{ sender: 'x@bad.far.example' }, WAIT],
      [{ sender: 'x@y.example', recipient: 'jim@home.example' }, 'dunno'],
      [{ sender: 'x@y.example' }, WAIT],
    ] as const) {
      const world = new World();
      world.greylisting = { whitelist };
      assert.equal(await world.ask(checkGreylist, more), expected, JSON.stringify(more));
    }
  });

  test('correspondents need not wait when they are proven', async () => {
    const world = new World();
    await world.correspondents.learn(address('joe@home.example'), address('ann@far.example'));
    assert.equal(await world.ask(checkGreylist), WAIT);
    world.spf = 'far.example';
    world.now += 61_000;
    assert.equal(await world.ask(checkGreylist), 'dunno');
    assert.match(world.looked.at(-1) ?? '', /exempt -> a correspondent/);
  });

  test('training remembers and lets nobody wait', async () => {
    const world = new World();
    world.greylisting = { training: true };
    assert.equal(await world.ask(checkGreylist), 'dunno');
    assert.equal(world.store.count('greylist'), 1);
  });

  test('a memory that fails', async () => {
    for (const [failureAction, expected] of [
      ['dunno', 'dunno'],
      [
        'defer',
        'until permit 450 4.3.0 <joe@home.example>: Recipient address rejected: Greylisting is not available now, please try later',
      ],
    ] as const) {
      const world = new World();
      world.greylisting = {
        failureAction,
        list: { judge: () => Promise.reject(new StoreFailure('redis://x', 'gone')) },
      };
      assert.equal(await world.ask(checkGreylist), expected);
      assert.match(world.looked.at(-1) ?? '', /memory -> redis:\/\/x: gone/);
    }
    const world = new World();
    world.greylisting = { list: { judge: () => Promise.reject(new TypeError('a bug')) } };
    await assert.rejects(world.ask(checkGreylist), TypeError);
  });
});

describe('reject_unverified_*', () => {
  const bad: AddressStatus = { kind: 'undeliverable', text: 'host a[1] said: 550 5.1.1 no' };
  const later: AddressStatus = { kind: 'unknown', text: 'connect to a[1]:25: Connection refused' };
  const pending: AddressStatus = { kind: 'pending', text: 'Address verification in progress' };
  const sender = (sources: Sources) => rejectUnverified('sender', sources);
  const recipient = (sources: Sources) => rejectUnverified('recipient', sources);
  const unverified = (why: string) =>
    `450 4.1.7 <ann@far.example>: Sender address rejected: unverified address: ${why}`;
  const undeliverable = (why: string) =>
    `550 5.1.7 <ann@far.example>: Sender address rejected: undeliverable address: ${why}`;

  for (const [what, status, replies, expected] of [
    ['good', { kind: 'deliverable', text: '' }, {}, 'dunno'],
    ['bad', bad, {}, `until permit ${unverified(bad.text)}`],
    ['bad, for good', bad, { rejectCode: 550 }, `reject ${undeliverable(bad.text)}`],
    ['bad, with a reason', bad, { rejectCode: 550, rejectReason: 'No' }, `reject ${undeliverable('No')}`],
    ['bad, accepted', bad, { rejectCode: 250 }, 'dunno'],
    ['unknown', later, { rejectCode: 550 }, `until permit ${unverified(later.text)}`],
    ['unknown, at once', later, { tempfailAction: 'defer' }, `reject ${unverified(later.text)}`],
    ['unknown, accepted', later, { deferCode: 250 }, 'dunno'],
    ['pending', pending, { rejectCode: 550 }, `until permit ${unverified(pending.text)}`],
    ['long', { kind: 'unknown', text: 'x'.repeat(400) }, {}, `until permit ${unverified('x'.repeat(250))}`],
  ] as [string, AddressStatus, Partial<UnverifiedReplies>, string][]) {
    test(what, async () => {
      const world = new World();
      world.status = status;
      world.verification = { replies };
      assert.equal(await world.ask(sender), expected);
    });
  }

  test('recipients, in their own words', async () => {
    const world = new World();
    world.status = bad;
    assert.equal(
      await world.ask(recipient),
      `until permit 450 4.1.1 <joe@home.example>: Recipient address rejected: unverified address: ${bad.text}`,
    );
  });

  test('who is not asked about', async () => {
    const world = new World();
    world.status = bad;
    world.verification = { exceptions: table({ 'big.example': 'OK' }) };
    assert.equal(await world.ask(sender, { sender: 'x@big.example' }), 'dunno');
    assert.equal(await world.ask(sender, { sender: '' }), 'dunno');
    world.spf = 'far.example';
    assert.equal(await world.ask(sender), 'dunno');
    assert.equal(world.probes, 0);
    assert.match(world.looked.at(-1) ?? '', /not asked: the domain is proven/);
    world.verification = { skipProvenSenders: false };
    assert.match(await world.ask(sender), /^until permit/);
    world.verification = {};
    assert.match(await world.ask(recipient), /^until permit/, 'SPF says nothing about recipients');
  });
});

describe('permit_correspondent', () => {
  test('only senders that are known and proven, only to recipients that are ours', async () => {
    const world = new World();
    await world.correspondents.learn(address('joe@home.example'), address('ann@far.example'));
    assert.equal(await world.ask(permitCorrespondent), 'dunno', 'not proven');
    world.spf = 'far.example';
    world.now += 61_000;
    assert.equal(await world.ask(permitCorrespondent), 'permit');
    assert.equal(await world.ask(permitCorrespondent, { sender: 'bob@far.example' }), 'dunno');
    assert.equal(
      await world.ask(permitCorrespondent, { recipient: 'x@elsewhere.example' }),
      'dunno',
      'no open relay',
    );
    assert.equal(await world.ask(permitCorrespondent, { sender: '' }), 'dunno');
  });
});

test('hints about the order of restrictions', () => {
  const list = (name: string, ...names: string[]) => ({
    name,
    restrictions: names.map((one) => ({
      name: one,
      source: builtIn,
      judge: () => ({ kind: 'dunno' }) as const,
    })),
  });
  for (const [lists, problems] of [
    [[list('recipient', 'reject_unauth_destination', 'check_greylist')], [/check_greylist stands before/]],
    [[list('recipient', 'reject_unlisted_recipient', 'check_greylist')], []],
    [[list('relay', 'reject_unlisted_recipient'), list('recipient', 'warn_if_reject check_greylist')], []],
    [
      [list('recipient', 'reject_unverified_sender', 'reject_unknown_sender_domain')],
      [/asks hosts of strangers before "reject_unknown_sender_domain"/],
    ],
    [
      [
        list(
          'sender',
          'reject_unknown_sender_domain',
          'reject_unverified_sender',
          'reject_unverified_recipient',
        ),
      ],
      [],
    ],
    [[list('sender', 'permit')], []],
  ] as const) {
    const hints = orderHints(lists);
    assert.equal(hints.length, problems.length, JSON.stringify(hints));
    for (const [i, pattern] of problems.entries()) assert.match(hints[i]?.problem ?? '', pattern);
  }
});
