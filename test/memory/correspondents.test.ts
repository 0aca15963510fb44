import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { Correspondents, readCorrespondence } from '../../src/memory/correspondents.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { Clock } from './store-contract.ts';

const DAY = 86_400_000;

function scene() {
  const clock = new Clock();
  const correspondents = new Correspondents({
    store: new MapStore(clock.now),
    lifetimeMs: 60 * DAY,
    now: clock.now,
  });
  return { clock, correspondents };
}

test('whom our users write to is known, in all the forms that answers come in, until it is too long ago', async () => {
  const { clock, correspondents } = scene();
  await correspondents.learn(address('Ann+work@home.example'), address('Joe@Far.example'));
  await correspondents.learn(address('bob@home.example'), address('list@lists.example'));
  for (const sender of ['joe@far.example', 'JOE+x@FAR.example', 'prvs=1234567abc=joe@far.example']) {
    assert.deepEqual(
      Object.keys((await correspondents.find(address(sender)))?.users ?? {}),
      ['ann@home.example'],
      sender,
    );
  }
  assert.ok(await correspondents.find(address('list-bounces+bob=home.example@lists.example')));
  for (const stranger of ['jim@far.example', 'joe@near.example', '', 'joe']) {
    assert.equal(await correspondents.find(address(stranger)), undefined, stranger);
  }
  clock.advance(50 * DAY);
  await correspondents.learn(address('bob@home.example'), address('joe@far.example'));
  clock.advance(50 * DAY);
  assert.deepEqual(Object.keys((await correspondents.find(address('joe@far.example')))?.users ?? {}).sort(), [
    'ann@home.example',
    'bob@home.example',
  ]);
  assert.equal(await correspondents.find(address('list@lists.example')), undefined);
  assert.equal(await correspondents.forget(address('joe+y@far.example')), true);
  assert.equal(await correspondents.find(address('joe@far.example')), undefined);
});

test('only the latest users are kept, and names that mean something to JavaScript are names', async () => {
  const { clock, correspondents } = scene();
  for (let i = 0; i < 30; i++) {
    await correspondents.learn(address(`user${i}@home.example`), address('joe@far.example'));
    clock.advance(1_000);
  }
  await correspondents.learn(address('__proto__'), address('joe@far.example'));
  const users = Object.keys((await correspondents.find(address('joe@far.example')))?.users ?? {});
  assert.equal(users.length, 20);
  assert.ok(users.includes('user29@home.example') && !users.includes('user5@home.example'));
  for (const rubbish of ['', 'null', '7', '{"users":7}', '{"users":{"a":"b"}}', '[]'])
    assert.deepEqual(readCorrespondence(rubbish), { users: {} });
});
