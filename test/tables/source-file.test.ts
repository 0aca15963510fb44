import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { here, Workshop } from './opened.ts';

const POLL_MS = 15;

/** Waits until the condition holds. */
async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (condition()) return;
    await sleep(POLL_MS);
  }
  assert.fail(`${what} does not happen`);
}

describe('a file that changes', () => {
  const shop = new Workshop({ pollMs: POLL_MS });
  after(() => shop.close());

  test('is read again, from edit to edit', async () => {
    shop.file('edited', 'key one\n');
    const table = shop.tables.open('texthash:edited', here);
    assert.equal(table.find('key'), 'one');
    shop.file('edited', 'key two\nother x\n');
    await eventually(() => table.find('key') === 'two', 'the edit');
    assert.deepEqual(table.sourceOf('other'), { file: 'edited', line: 2 });
    shop.file('edited', '');
    await eventually(() => table.find('key') === undefined, 'the emptying');
    assert.ok(shop.log.lines.includes('info: edited: new version in force'));
  });

  test('is read again when another file takes its name', async () => {
    const path = shop.file('renamed', 'key one\n');
    const table = shop.tables.open('texthash:renamed', here);
    const other = shop.file('renamed.new', 'key two\n');
    renameSync(other, path);
    await eventually(() => table.find('key') === 'two', 'the exchange');
  });

  test('is read again when it has the same size and time', async () => {
    const path = shop.file('same', 'key one\n');
    utimesSync(path, 1000, 1000);
    const table = shop.tables.open('texthash:same', here);
    await sleep(20); // the clock of a file system ticks slowly
    writeFileSync(path, 'key two\n');
    utimesSync(path, 1000, 1000);
    await eventually(() => table.find('key') === 'two', 'the change');
  });

  test('is not read while it is still being written', async () => {
    const path = shop.file('hot', 'key one\n');
    const table = shop.tables.open('texthash:hot', here);
    writeFileSync(path, 'key tw');
    await sleep(POLL_MS * 10);
    assert.equal(table.find('key'), 'one');
    writeFileSync(path, 'key two\n');
    const settled = Date.now() / 1000 - 1;
    utimesSync(path, settled, settled);
    await eventually(() => table.find('key') === 'two', 'the settled file');
  });

  test('is not taken for empty before it has been so for a while', async () => {
    const path = shop.file('cut', 'key one\n');
    const table = shop.tables.open('texthash:cut', here);
    writeFileSync(path, '');
    const before = Date.now() / 1000 - 2;
    utimesSync(path, before, before);
    await sleep(POLL_MS * 10);
    assert.equal(table.find('key'), 'one');
    utimesSync(path, before - 10, before - 10);
    await eventually(() => table.find('key') === undefined, 'the empty file');
  });

  test('keeps its old version when the new one has new mistakes', async () => {
    shop.file('broken', 'key one\nmistake\n');
    const table = shop.tables.open('texthash:broken', here);
    shop.file('broken', 'key two\nmistake\n');
    await eventually(() => table.find('key') === 'two', 'a version with old mistakes only');

    shop.file('broken', 'key three\n\nmistake\nanother\n');
    await eventually(() => shop.log.lines.some((line) => line.includes('broken:4')), 'the refusal');
    assert.equal(table.find('key'), 'two');
    assert.ok(
      shop.log.lines.includes(
        'warn: broken:4: "another": the key has no value; expected format: key whitespace value; the new version is refused, the old one stays in force',
      ),
    );
    assert.ok(shop.complaints.some((line) => line.startsWith('broken:4: "another"')));
    await sleep(POLL_MS * 5);
    assert.equal(shop.log.lines.filter((line) => line.includes('broken:4')).length, 1, 'it is said once');

    shop.file('broken', 'key four\n');
    await eventually(() => table.find('key') === 'four', 'the repair');
    assert.ok(!shop.complaints.some((line) => line.startsWith('broken:')));
  });

  test('keeps its old version when a pattern of the new one is broken', async () => {
    shop.file('patterns', '/a/ one\n');
    const table = shop.tables.open('pcre:patterns', here);
    shop.file('patterns', '/a/ two\n/(b/ three\n');
    await eventually(() => shop.log.lines.some((line) => line.includes('patterns:2')), 'the refusal');
    assert.equal(table.find('a'), 'one');
    shop.file('patterns', '/a/ two\n/(b)/ three\n');
    await eventually(() => table.find('a') === 'two', 'the repair');
  });

  test('keeps its old version when it is deleted, and comes back', async () => {
    const path = shop.file('deleted', 'key one\n');
    const table = shop.tables.open('hash:deleted', here);
    rmSync(path);
    await eventually(() => shop.log.lines.some((line) => /deleted: No such file/.test(line)), 'the warning');
    assert.equal(table.find('key'), 'one');
    assert.match(
      shop.complaints.join('\n'),
      /hash:deleted is not read again: open .*deleted: No such file or directory; the version read before stays in force/,
    );
    shop.file('deleted', 'key two\n');
    await eventually(() => table.find('key') === 'two', 'the return');
    assert.doesNotMatch(shop.complaints.join('\n'), /deleted/);
  });

  test('may be missing at first', async () => {
    const table = shop.tables.open('texthash:late', here);
    assert.throws(
      () => table.find('key'),
      /texthash:late is unavailable\. open .*late: No such file or directory/,
    );
    shop.file('late', 'key one\nmistake\n');
    await eventually(() => answerOf(() => table.find('key')) === 'one', 'the arrival');
  });

  test('may turn into something that is no file', async () => {
    const path = shop.file('strange', 'key one\n');
    const table = shop.tables.open('texthash:strange', here);
    rmSync(path);
    mkdirSync(path);
    const then = Date.now() / 1000 - 10;
    utimesSync(path, then, then);
    await eventually(
      () => shop.log.lines.some((line) => /strange: not a regular file/.test(line)),
      'the warning',
    );
    assert.equal(table.find('key'), 'one');
  });

  test('is read at once on demand', async () => {
    const path = shop.file('forced', 'key one\n');
    const table = shop.tables.open('texthash:forced', here);
    writeFileSync(path, 'key two\n');
    await shop.tables.reload();
    assert.equal(table.find('key'), 'two');
  });

  test('is not read any more when the tables are closed', async () => {
    const own = new Workshop({ pollMs: POLL_MS });
    own.file('closed', 'key one\n');
    const table = own.tables.open('texthash:closed', here);
    await own.tables.close();
    own.file('closed', 'key two\n');
    await sleep(POLL_MS * 5);
    assert.equal(table.find('key'), 'one');
    await own.close();
  });

  test('changes cidr tables and match lists, too', async () => {
    shop.file('networks', '10.0.0.0/8 ten\n');
    const list = shop.file('names', 'one\n');
    const table = shop.tables.open('cidr:networks', here);
    const names = shop.tables.openList('string', [{ text: list, source: here }], {
      name: 'list',
      parentMatches: false,
    });
    shop.file('networks', '10.0.0.0/8 eleven\n');
    shop.file('names', 'two\n');
    await eventually(() => table.find('10.1.1.1') === 'eleven', 'the new network');
    await eventually(() => names.has('two') === true && names.has('one') === false, 'the new name');
  });
});

function answerOf<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

describe('reading in the background', () => {
  test('look-ups wait until the file is there', async () => {
    const shop = new Workshop({ background: true });
    shop.file('list', 'key value\n');
    shop.file('names', `one ${join(shop.directory, 'more')}\n`);
    shop.file('more', 'two\n');
    const table = shop.tables.open('texthash:list', here);
    const union = shop.tables.open('unionmap:{texthash:list, cidr:{{::/0 x}}}', here);
    const list = shop.tables.openList('string', [{ text: join(shop.directory, 'names'), source: here }], {
      name: 'list',
      parentMatches: false,
    });
    const [found, both, two] = [table.find('key'), union.find('key'), list.has('two')];
    assert.ok(found instanceof Promise);
    assert.equal(await found, 'value');
    assert.equal(await both, 'value');
    assert.equal(await two, true);
    await shop.tables.ready();
    assert.equal(table.find('key'), 'value');
    assert.equal(list.has('two'), true);
    assert.deepEqual(shop.log.lines, []);
    await shop.close();
  });

  test('a file that is not there is no reason to wait for ever', async () => {
    const shop = new Workshop({ background: true });
    const table = shop.tables.open('texthash:nothing', here);
    await shop.tables.ready();
    assert.throws(() => table.find('key'), /No such file/);
    await shop.close();
  });
});
