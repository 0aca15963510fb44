/** Many small texts in one turn of the event loop keep it no longer than one large one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextBudget } from '../../../src/content/text/text-budget.ts';

test('a turn is over in time, however many texts begin in it', async () => {
  const budget = new TextBudget(0);
  const began = performance.now();
  let wait: Promise<void> | undefined;
  while (wait === undefined && performance.now() - began < 1_000) {
    budget.beginTurn();
    wait = budget.endTurn();
  }
  assert.ok(wait, 'the event loop is kept');
  await wait;
  assert.equal(budget.endTurn(), undefined, 'a new turn has begun');
});
