import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, pcreSyntax } from '../../src/patterns/pattern.ts';
import { PatternSet } from '../../src/patterns/pattern-set.ts';
import {
  ROOM_BYTES,
  ROOM_BYTES_EACH,
  StateMemory,
  type StateOwner,
  stateMemory,
} from '../../src/patterns/state-memory.ts';
import { StateTable } from '../../src/patterns/state-table.ts';
import { ordinaryText, taggedPhonePattern } from './mail-text.ts';
import { Random } from './random-patterns.ts';

class Owner implements StateOwner {
  usedBytes = 0;
  readonly #memory: StateMemory;

  constructor(memory: StateMemory) {
    this.#memory = memory;
    memory.register(this);
  }

  take(bytes: number): void {
    this.usedBytes += bytes;
    this.#memory.take(this, bytes);
  }

  forget(): void {
    this.#memory.take(this, -this.usedBytes);
    this.usedBytes = 0;
  }
}

test('when the room is used up, everybody but the one who asks forgets', () => {
  const memory = new StateMemory(1000);
  const owners = [new Owner(memory), new Owner(memory), new Owner(memory)];
  for (const owner of owners) owner.take(300);
  assert.equal(memory.usedBytes, 900);
  owners[1]?.take(200);
  assert.deepEqual(
    owners.map((owner) => owner.usedBytes),
    [0, 500, 0],
  );
  assert.equal(memory.usedBytes, 500);
});

test('a table of states finds them again, and starts anew when its room is full', () => {
  const table = new StateTable(4, 10_000);
  const first = table.intern(Int32Array.of(1, 2, 3), 3, 0);
  assert.equal(table.intern(Int32Array.of(1, 2, 3, 9), 3, 0), first);
  assert.notEqual(table.intern(Int32Array.of(1, 2, 3), 3, 1), first);
  assert.deepEqual([...table.nodesOf(first)], [1, 2, 3]);
  const { generation } = table;
  for (let i = 0; i < 500; i++) table.intern(Int32Array.of(i), 1, 0);
  assert.ok(table.generation > generation);
  assert.ok(table.usedBytes <= 10_000 && table.count < 100);
});

test('explosive patterns and hostile texts stay within the room', async () => {
  const random = new Random(8);
  const text = Buffer.from(Array.from({ length: 100_000 }, () => random.pick(['a', 'b'])).join(''));
  for (let i = 0; i < 6; i++) {
    assert.equal(await compilePattern(`a[ab]{${50 + i}}c`, pcreSyntax).test(text), false);
    assert.ok(stateMemory.usedBytes <= ROOM_BYTES + ROOM_BYTES_EACH);
  }
  console.log(`six explosive patterns: ${(stateMemory.usedBytes / 1e6).toFixed(0)} MB of states`);
});

test('ten thousand patterns take some 10 KB each at most, used or not', async () => {
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external;
  globalThis.gc?.();
  const before = used();
  const patterns = Array.from({ length: 10_000 }, (_, i) =>
    compilePattern(taggedPhonePattern(i), pcreSyntax),
  );
  const set = new PatternSet(patterns);
  for (const line of ordinaryText(3e5)) await set.matches(line);
  for (const pattern of patterns) await pattern.test('call 495 540 91 70 now');
  globalThis.gc?.();
  const each = (used() - before) / patterns.length;
  console.log(`${each.toFixed(0)} bytes a pattern${globalThis.gc ? '' : ', garbage included'}`);
  assert.ok(each < (globalThis.gc ? 15_000 : 60_000));
});
