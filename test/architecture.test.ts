/** The house stands as it is drawn: an import points down, and rooms on one floor do not know each other. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';

const source = join(import.meta.dirname, '..', 'src');

/** From the roof to the ground. */
const floors: readonly (readonly string[])[] = [
  ['cli'],
  ['process', 'demo'],
  ['trial'],
  ['main.ts', 'assembly'],
  ['server', 'admin'],
  ['gateway.ts', 'policy-desk.ts', 'release.ts', 'courier.ts', 'report'],
  ['restrictions', 'content', 'relay', 'callout', 'quarantine'],
  ['tables', 'dns', 'memory', 'ledger', 'sender-auth', 'addresses', 'accounts', 'policy', 'migration'],
  ['smtp', 'database', 'settings', 'patterns'],
  ['record'],
  ['mail', 'thread-program.ts'],
];

/** Neighbours that know each other, one way. */
const neighbours: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['assembly'],
  assembly: ['main.ts'],
  memory: ['dns', 'sender-auth'],
  'sender-auth': ['dns'],
  addresses: ['tables'],
  callout: ['relay'],
  quarantine: ['relay', 'content'],
};

/** Rooms further down that are none of a room's business. */
const strangers: Readonly<Record<string, readonly string[]>> = {
  server: ['restrictions', 'content', 'relay', 'callout', 'quarantine', 'settings', 'tables'],
  restrictions: ['smtp'],
  content: ['smtp'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = globSync('**/*.ts', { cwd: source }).map((path) => path.split('\\').join('/'));
const imports: Import[] = files.flatMap((from) =>
  [...readFileSync(join(source, from), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => ({
      from,
      to: posix.join(posix.dirname(from), match[1] ?? ''),
    }),
  ),
);

function roomOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

test('every room stands in the drawing', (t) => {
  for (const [i, rooms] of floors.entries()) t.diagnostic(`${' '.repeat(i)}${rooms.join('  ')}`);
  const unknown = [...new Set(files.map(roomOf))].filter((room) => floorOf(room) < 0);
  assert.deepEqual(unknown, [], 'draw these rooms into test/architecture.test.ts and the map of the README');
});

test('an import points down', () => {
  const wrong = imports.flatMap(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === other || neighbours[room]?.includes(other)) return [];
    if (strangers[room]?.includes(other)) return [`${from} knows ${to}: ${other}/ is none of its business`];
    return floorOf(other) > floorOf(room)
      ? []
      : [`${from} knows ${to}: ${other}/ does not stand below ${room}/`];
  });
  assert.deepEqual(wrong, []);
});

test('nobody imports in a circle', () => {
  const next = new Map<string, string[]>();
  const lines = files.flatMap((from) =>
    [...readFileSync(join(source, from), 'utf8').matchAll(/^import (?!type\b)[^;]*?from '(\.[^']+)'/gm)].map(
      (match) => [from, posix.join(posix.dirname(from), match[1] ?? '')] as const,
    ),
  );
  for (const [from, to] of lines) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `a circle: ${[...path, file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('no file hides behind a name that says nothing', () => {
  const vague = files.filter((path) =>
    /(?:^|\/)(?:index|utils?|helpers?|common|manager|misc)\.ts$/.test(path),
  );
  assert.deepEqual(vague, []);
});

test('every file begins by saying what it is', () => {
  const silent = files.filter((path) => {
    const text = readFileSync(join(source, path), 'utf8').replace(/^#!.*\n/, '');
    return !text.startsWith('/**');
  });
  assert.deepEqual(silent, []);
});

test('the program of every thread is built', () => {
  const { scripts } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8'));
  const started = files.flatMap((path) =>
    [
      ...readFileSync(join(source, path), 'utf8').matchAll(/threadProgram\(import\.meta\.url, '([^']+)'/g),
    ].map(([, name]) => `src/${posix.join(posix.dirname(path), `${name}.ts`)}`),
  );
  assert.ok(started.length > 0);
  const built = new Set(scripts.build.split(' '));
  assert.deepEqual(
    started.filter((path) => !built.has(path)),
    [],
  );
});
