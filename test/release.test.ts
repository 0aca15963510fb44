import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Envelope, Recipient } from '../src/mail/envelope.ts';
import { type Reply, reply } from '../src/mail/reply.ts';
import type { HeldMail } from '../src/quarantine/held-mail.ts';
import { Journal } from '../src/record/journal.ts';
import { silentLog } from '../src/record/log.ts';
import type { Carrier } from '../src/relay/carrier.ts';
import { Releaser } from '../src/release.ts';
import { detained } from './quarantine/held.ts';

const OK = reply(250, '2.0.0', 'Ok: queued as 1');
const NO = reply(550, '5.1.1', 'no such user');
const LATER = reply(451, '4.3.0', 'later');
const UNCLEAR = reply(451, '4.5.3', 'try again to hear which');

/** Answers to recipients, round after round, and to the message of each round. */
interface Script {
  readonly recipients?: readonly Readonly<Record<string, Reply>>[];
  readonly ends: readonly Reply[];
}

function carrierOf({ recipients = [], ends }: Script) {
  const rounds: { envelope: Envelope; text: string }[] = [];
  let begun = 0;
  let abandoned = 0;
  const carrier: Carrier = {
    consign() {
      const answers = recipients[begun++] ?? {};
      return {
        recipient: async ({ address }: Recipient) => answers[address.local] ?? reply(250, '2.1.5', 'Ok'),
        abandon: () => {
          abandoned += 1;
        },
      };
    },
    async carry(_consignment, { envelope, message }) {
      let text = '';
      for await (const chunk of message.chunks()) text += chunk;
      rounds.push({ envelope: { ...envelope, recipients: [...envelope.recipients] }, text });
      const answer = ends[rounds.length - 1] ?? OK;
      return { reply: answer, verdict: 'accept', backend: 'b:25', backendReply: '' };
    },
  };
  return { carrier, rounds, abandoned: () => abandoned };
}

function heldFor(...locals: string[]): HeldMail {
  const { session, envelope, message, why } = detained({
    recipients: locals.map((local) => `${local}@x.example`),
  });
  const { messageId, facts, sizeBytes } = message;
  return {
    id: envelope.id,
    heldAt: new Date().toISOString(),
    why,
    session,
    envelope,
    messageId,
    facts,
    sizeBytes,
  };
}

async function released(script: Script, ...locals: string[]) {
  const told = carrierOf(script);
  const releaser = new Releaser({
    carrier: told.carrier,
    mapper: undefined,
    journal: new Journal(silentLog, undefined),
  });
  const { delivered, refused } = await releaser.release(heldFor(...locals), () => [Buffer.from('hello')]);
  return {
    ...told,
    delivered: delivered.map(({ address }) => address.local),
    refused: refused.map(({ recipient, reply: answer }) => [recipient.address.local, answer.code]),
  };
}

test('everybody gets it, with the wishes of the client, and without the order to hold', async () => {
  const { rounds, delivered, refused } = await released({ ends: [OK] }, 'a', 'b');
  assert.deepEqual([delivered, refused], [['a', 'b'], []]);
  const { envelope, text } = rounds[0] ?? assert.fail();
  assert.equal(text, 'hello');
  assert.deepEqual(envelope.options, detained().envelope.options);
  assert.equal(envelope.orders.hold, undefined);
});

test('who is refused when announced keeps a claim on it', async () => {
  const told = await released({ recipients: [{ b: NO, c: LATER }], ends: [OK] }, 'a', 'b', 'c');
  assert.deepEqual(told.delivered, ['a']);
  assert.deepEqual(told.refused, [
    ['b', 550],
    ['c', 451],
  ]);
});

test('nobody is taken: nothing is sent', async () => {
  const told = await released({ recipients: [{ a: NO, b: NO }], ends: [] }, 'a', 'b');
  assert.deepEqual(told.delivered, []);
  assert.equal(told.refused.length, 2);
  assert.equal(told.rounds.length, 0);
  assert.equal(told.abandoned(), 1);
});

test('the message is refused: all keep their claim', async () => {
  const told = await released({ ends: [LATER] }, 'a', 'b');
  assert.deepEqual(told.delivered, []);
  assert.deepEqual(told.refused, [
    ['a', 451],
    ['b', 451],
  ]);
  assert.equal(told.rounds.length, 1);
});

test('recipients that fare differently are told apart in a second round', async () => {
  const told = await released({ recipients: [{}, { b: NO }], ends: [UNCLEAR, OK] }, 'a', 'b');
  assert.deepEqual(told.delivered, ['a']);
  assert.deepEqual(told.refused, [['b', 550]]);
  assert.equal(told.rounds.length, 2);
});

test('there is an end to rounds', async () => {
  const told = await released({ ends: [UNCLEAR, UNCLEAR, UNCLEAR, UNCLEAR] }, 'a', 'b');
  assert.equal(told.rounds.length, 3);
  assert.equal(told.refused.length, 2);
});
