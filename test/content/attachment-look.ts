/** Looks at attachments in tests: which keys were asked about, and what a table found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { isMainThread, workerData } from 'node:worker_threads';
import type { BudgetLimits } from '../../src/content/archive/budget.ts';
import { AttachmentChecks } from '../../src/content/attachment-checks.ts';
import type { AttachmentTable } from '../../src/content/attachment-keys.ts';
import type { Finding } from '../../src/content/finding.ts';
import type { Part } from '../../src/content/part.ts';

/** Of the test; a thread of its own is told. */
export const directory: string = isMainThread
  ? mkdtempSync(join(tmpdir(), 'attachments-'))
  : workerData.directory;
const open: AttachmentChecks[] = [];
if (isMainThread) {
  after(async () => {
    for (const checks of open) await checks.close();
    rmSync(directory, { recursive: true });
  });
}

export const limits: BudgetLimits = {
  depth: 8,
  members: 10_000,
  unpackedBytes: 256 * 1024 * 1024,
  ratio: 250,
  timeMs: 60_000,
};

export interface LookOptions {
  readonly limits?: Partial<BudgetLimits>;
  readonly decoderMemoryBytes?: number;
  readonly memoryLimitBytes?: number;
  readonly spoolDirectory?: string;
}

export function checksWith(table: AttachmentTable, options: LookOptions = {}): AttachmentChecks {
  const checks = new AttachmentChecks({
    table,
    limits: { ...limits, ...options.limits },
    decoderMemoryBytes: options.decoderMemoryBytes ?? 128 * 1024 * 1024,
    spool: {
      directory: options.spoolDirectory ?? directory,
      memoryLimitBytes: options.memoryLimitBytes ?? 1_048_576,
    },
  });
  open.push(checks);
  return checks;
}

/** A table that knows nothing and writes down what it is asked; partial keys with a `~`. */
class Recorder implements AttachmentTable {
  readonly keys: string[] = [];

  findEntry(key: string, how?: { readonly partial?: boolean }): undefined {
    this.keys.push(how?.partial ? `~${key}` : key);
  }
}

let recorder = new Recorder();
/** One for all, so that there is one thread. */
const shared = new Map<string, AttachmentChecks>();

function sharedChecks(options: LookOptions): AttachmentChecks {
  const kind = JSON.stringify(options);
  const known = shared.get(kind);
  if (known) return known;
  const made = checksWith({ findEntry: (key, how) => recorder.findEntry(key, how) }, options);
  shared.set(kind, made);
  return made;
}

export function part(fields: Readonly<Record<string, string>>, type = 'application/octet-stream'): Part {
  const listed = Object.entries(fields).map(([name, value]) => ({
    name,
    value: Buffer.from(value, 'latin1'),
  }));
  return { number: '1', type, encoding: 'base64', fields: listed };
}

export function named(name: string): Part {
  return part({ 'content-disposition': ` attachment; filename="${name}"` });
}

/** Hands the content of one part to somebody who looks into it; `sizes`: of the chunks, in turn. */
export async function feed(
  checks: AttachmentChecks,
  of: Part,
  bytes: Buffer,
  sizes: () => number = () => 65_536,
): Promise<readonly Finding[]> {
  const inspector = checks.inspect();
  try {
    const reader = inspector.begin(of);
    for (let at = 0; at < bytes.length; ) {
      const size = Math.max(1, sizes());
      await reader?.write(bytes.subarray(at, at + size));
      at += size;
    }
    await reader?.end();
    return await inspector.finish();
  } finally {
    inspector.close();
  }
}

/** All keys that are asked about, in order. */
export async function keysOf(
  of: Part | string,
  bytes: Buffer,
  options: LookOptions = {},
  sizes?: () => number,
): Promise<string[]> {
  recorder = new Recorder();
  const { keys } = recorder;
  await feed(sharedChecks(options), typeof of === 'string' ? named(of) : of, bytes, sizes);
  return keys;
}

/** The keys that begin like this, without it. */
export function keysWith(start: string, keys: readonly string[]): string[] {
  return keys.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
}

/** Bytes that look random and are the same every time. */
export function noise(bytes: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(bytes);
  let state = seed;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    buffer[i] = state >>> 24;
  }
  return buffer;
}

/** A program as far as anybody can see from its beginning. */
export const program = Buffer.concat([
  Buffer.from('MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0', 'latin1'),
  noise(200),
]);
