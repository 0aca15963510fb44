/** What is written into the ledger is found again, by its id and by what people know; old and surplus records go. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openDatabase } from '../../src/database/database-file.ts';
import { ledgerFormat } from '../../src/ledger/ledger-format.ts';
import { LedgerHousework } from '../../src/ledger/ledger-housework.ts';
import { LedgerReader, type Search } from '../../src/ledger/ledger-reader.ts';
import { LedgerWriter } from '../../src/ledger/ledger-writer.ts';
import type { Attempt } from '../../src/record/attempt.ts';
import { type Log, silentLog } from '../../src/record/log.ts';
import { anAttempt } from './an-attempt.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const directory = mkdtempSync(join(tmpdir(), 'ledger-'));
after(() => rmSync(directory, { recursive: true }));

function writer(name: string, log: Log = silentLog): LedgerWriter {
  const path = join(directory, name);
  return new LedgerWriter({ path, retentionMs: DAY, sizeLimitBytes: 0, log, housekeeping: false });
}

function reader(name: string): LedgerReader {
  const opened = LedgerReader.open(join(directory, name));
  assert.ok(opened);
  return opened;
}

async function written(name: string, attempts: readonly Attempt[]): Promise<LedgerReader> {
  const ledger = writer(name);
  for (const attempt of attempts) ledger.keep(attempt);
  await ledger.close();
  return reader(name);
}

describe('what was written is found', () => {
  test('a record comes back as it was', async () => {
    const attempt = anAttempt({ recipients: ['Joe@ours.test', 'ann@ours.test'], spf: 'pass', size: 4096 });
    const ledger = await written('whole.db', [attempt]);
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    assert.deepEqual(plain(ledger.find(attempt.id)), plain(attempt));
    assert.equal(ledger.find('nobody'), undefined);
    ledger.close();
  });

  test('without being closed, within a second', async () => {
    const ledger = writer('soon.db');
    const attempt = anAttempt();
    ledger.keep(attempt);
    await pause(1_000);
    const found = reader('soon.db');
    assert.equal(found.find(attempt.id)?.id, attempt.id);
    found.close();
    await ledger.close();
  });

  test('by whatever is known of it', async () => {
    const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
    const bounce = anAttempt({ sender: '', recipients: ['list@ours.test'], verdict: 'accept' });
    const old = anAttempt({ time: ago(5 * HOUR), sender: 'bank@money.example', verdict: 'defer' });
    const six = anAttempt({
      client_address: '2001:db8::25',
      client_name: 'unknown',
      reverse_client_name: 'v6.example',
    });
    const ledger = await written('search.db', [old, bounce, six]);
    const cases: [Search, readonly Attempt[]][] = [
      [{}, [six, bounce, old]],
      [{ oldestFirst: true }, [old, bounce, six]],
      [{ limit: 1 }, [six]],
      [{ from: 'MONEY' }, [old]],
      [{ from: '<>' }, [bounce]],
      [{ to: 'list@' }, [bounce]],
      [{ to: 'joe@ours.test' }, [six, old]],
      [{ since: Date.now() - HOUR }, [six, bounce]],
      [{ until: Date.now() - HOUR }, [old]],
      [{ verdicts: ['defer', 'accept'] }, [bounce, old]],
      [{ client: '192.0.2.1' }, [bounce, old]],
      [{ client: '192.0.2.0/24' }, [bounce, old]],
      [{ client: '2001:db8::/32' }, [six]],
      [{ client: '2001:0db8:0:0::25' }, [six]],
      [{ client: 'v6.EXAMPLE' }, [six]],
      [{ client: '192.0.2' }, [bounce, old]],
      [{ from: 'money', verdicts: ['accept'] }, []],
    ];
    for (const [search, wanted] of cases) {
      const found = [...ledger.search(search)].map(({ id }) => id);
      assert.deepEqual(
        found,
        wanted.map(({ id }) => id),
        JSON.stringify(search),
      );
    }
    ledger.close();
  });

  test('the other attempts of a message', async () => {
    const at = (minutes: number) => new Date(Date.now() - HOUR + minutes * 60_000).toISOString();
    const tries = [0, 5, 10].map((minutes) => anAttempt({ time: at(minutes), verdict: 'defer' }));
    const arrived = anAttempt({
      time: at(15),
      verdict: 'accept',
      recipients: ['x@ours.test', 'Joe@ours.test'],
    });
    const other = anAttempt({ time: at(16), sender: 'bob@far.example' });
    const ledger = await written('linked.db', [...tries, arrived, other]);
    const [first, second, third] = tries as [Attempt, Attempt, Attempt];
    const linked = ledger.linked(second).map(({ id }) => id);
    assert.deepEqual(linked, [first.id, third.id, arrived.id]);
    assert.deepEqual(ledger.linked(other), []);
    ledger.close();
  });

  test('what the DNS said at a time', async () => {
    const ledger = writer('answers.db');
    const question = 'A mail.far.example';
    for (const [answer, time] of [
      ['-nxdomain', 1_000],
      ['-nxdomain', 1_500],
      ['["192.0.2.1"]', 2_000],
    ] as const)
      ledger.answered(question, answer, time);
    await ledger.close();
    const found = reader('answers.db');
    const answers = [999, 1_000, 1_999, 2_000, 9_999].map((time) => found.answerAt(question, time));
    assert.deepEqual(answers, [undefined, '-nxdomain', '-nxdomain', '["192.0.2.1"]', '["192.0.2.1"]']);
    found.close();
  });

  test('a later end of the same transaction takes the place of the earlier one', async () => {
    const refused = anAttempt({ stage: 'DATA' });
    const accepted = { ...refused, stage: 'END-OF-MESSAGE', verdict: 'accept' } as const;
    const ledger = await written('again.db', [refused, accepted]);
    assert.deepEqual(
      [...ledger.search({})].map(({ stage }) => stage),
      ['END-OF-MESSAGE'],
    );
    ledger.close();
  });
});

describe('trouble', () => {
  test('there is no ledger yet', () => {
    assert.equal(LedgerReader.open(join(directory, 'none.db')), undefined);
  });

  test('a database that is none is moved aside, and mail does not notice', async () => {
    writeFileSync(join(directory, 'broken.db'), 'this is no database, and it never was one\n'.repeat(50));
    const said: string[] = [];
    const ledger = writer('broken.db', { ...silentLog, error: (text) => void said.push(text) });
    const attempt = anAttempt();
    ledger.keep(attempt);
    await ledger.close();
    assert.match(said.join('\n'), /broken\.db: the database is broken .* now called .*broken\.db\.broken-/);
    const found = reader('broken.db');
    assert.equal(found.find(attempt.id)?.id, attempt.id);
    found.close();
  });

  test('stories wait while another process writes for long', async () => {
    const ledger = writer('busy.db');
    ledger.keep(anAttempt());
    await pause(500);
    const { db } = openDatabase(join(directory, 'busy.db'), ledgerFormat);
    db.exec('BEGIN IMMEDIATE');
    const attempt = anAttempt();
    ledger.keep(attempt);
    await pause(500);
    db.exec('COMMIT');
    db.close();
    await pause(500);
    const found = reader('busy.db');
    assert.equal(found.find(attempt.id)?.id, attempt.id);
    found.close();
    await ledger.close();
  });
});

describe('housework', () => {
  test('what is older than the retention goes, with all that belongs to it', async () => {
    const old = anAttempt({ time: new Date(Date.now() - 3 * DAY).toISOString() });
    const young = anAttempt();
    const ledger = await written('old.db', [old, young]);
    const { db } = openDatabase(join(directory, 'old.db'), ledgerFormat);
    assert.equal(await new LedgerHousework(db, { retentionMs: DAY, sizeLimitBytes: 0 }).tidy(Date.now()), 0);
    assert.deepEqual(
      [...ledger.search({})].map(({ id }) => id),
      [young.id],
    );
    for (const table of ['attempts', 'records'])
      assert.equal(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n, 1, table);
    db.close();
    ledger.close();
  });

  test('a file that is too large loses the oldest, in steps that hold up nobody', async () => {
    const trace = Array.from({ length: 10 }, () => anAttempt().trace).flat();
    const many = Array.from({ length: 3_000 }, (_, i) =>
      anAttempt({ time: new Date(Date.now() - HOUR + i).toISOString(), trace }),
    );
    const ledger = await written('large.db', many);
    const { db } = openDatabase(join(directory, 'large.db'), ledgerFormat);
    const sizeLimitBytes = 2_000_000;
    const gone = await new LedgerHousework(db, { retentionMs: DAY, sizeLimitBytes }).tidy(Date.now());
    const left = [...ledger.search({ oldestFirst: true })];
    assert.ok(gone > 500 && left.length > 500, `${gone} gone, ${left.length} left`);
    assert.equal(left[0]?.id, many[gone]?.id);
    db.close();
    ledger.close();
  });
});

test('a file that cannot be made is complained of, once, and nothing else happens', async () => {
  writeFileSync(join(directory, 'a file'), '');
  const said: string[] = [];
  const ledger = writer('a file/ledger.db', { ...silentLog, error: (text) => void said.push(text) });
  for (let i = 0; i < 3; i++) {
    ledger.keep(anAttempt());
    await pause(300);
  }
  await ledger.close();
  assert.equal(said.length, 1, said.join('\n'));
  assert.match(said[0] ?? '', /cannot be opened: .*; stories of mails wait in memory until it can/);
});
