/** The tests before the greeting, beside what a real postscreen did: what clients hear, and what the log says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningGateway } from '../support/running-gateway.ts';
import { BASE, type Plan, type Played, plans, playAll, zone } from './screen-plans.ts';

const recordings = JSON.parse(
  readFileSync(join(import.meta.dirname, 'recordings/screen.json'), 'utf8'),
) as Played[];

const MASTER = 'smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n';

/** What postscreen and dnsblog say; ports and times differ, and we make no tests after the greeting. */
function screenLines(log: readonly string[]): string[] {
  return log
    .filter((line) => SCREEN_LINE.test(line) && !/ reject: CONNECT /.test(line))
    .map((line) =>
      line
        .replace(/\]:\d+/g, ']:PORT')
        .replace(/ after [\d.]+ from/, ' after TIME from')
        .replace(/Host or domain name not found.*$|no answer within.*$/, 'WHY'),
    )
    .sort();
}

const SCREEN_LINE =
  /^(?:CONNECT|PASS|PREGREET|DNSBL rank|HANGUP|DISCONNECT|ALLOW|DENY|NOQUEUE|addr|DATA|warning: dnsblog)/;

const withoutTimes = (heard: readonly string[] = []) => heard.map((line) => line.replace(/^\S+ /, ''));

/** When a client heard its greeting, in seconds. */
const greetedAt = (heard: readonly string[] = []) =>
  Number.parseFloat(heard.find((line) => line.includes(' S: 220 ')) ?? '');

async function playedByUs(plan: Plan) {
  const gateway = await RunningGateway.start({
    mainCf: `${BASE}state_store = memory:\n${plan.mainCf}`,
    masterCf: MASTER,
    zone,
  });
  const heard = await playAll(gateway.port(), plan);
  await sleep(200);
  await gateway.stop();
  return { heard, log: gateway.log, attempts: gateway.attempts };
}

describe('as postscreen does it', { timeout: 120_000, concurrency: true }, () => {
  for (const plan of plans) {
    test(plan.name, async (t) => {
      const wanted = recordings.find(({ name }) => name === plan.name);
      const found = await playedByUs(plan);
      const clients = plan.waves.flat();
      for (const [i, [from]] of clients.entries()) {
        await t.test(`client ${i + 1}, ${from}`, () =>
          assert.deepEqual(withoutTimes(found.heard[i]), withoutTimes(wanted?.heard[i])),
        );
      }
      assert.deepEqual(screenLines(found.log), screenLines(wanted?.log ?? []));
      if (plan.name === 'enforce') {
        const [waiting = 0, spared = 9] = ['127.0.2.1', '127.0.2.22'].map((one) =>
          greetedAt(found.heard[clients.findIndex(([from]) => from === one)]),
        );
        assert.ok(waiting >= 1.9 && spared < waiting, `newcomers wait: ${waiting} s, ${spared} s`);
      }
    });
  }
});
