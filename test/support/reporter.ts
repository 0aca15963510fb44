/**
 * Prints what a reader of `npm test` wants to know: failures in full, what was skipped and why, figures that were measured,
 * and which files took longest.
 * Where PORTCULLIS_FAILED_FILES names a file, it gets the names of test files that failed, for another try.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** So many files are named as those that took longest. */
const LONGEST = 15;

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  const failedFiles = new Set<string>();
  const seconds: [file: string, seconds: number][] = [];
  let passed = 0;
  let failed = 0;
  const started = Date.now();
  for await (const { type, data } of events) {
    if (type === 'test:pass') {
      if (data.skip !== undefined) skipped.push(`${placeOf(data.file)} ${data.name}: ${reasonOf(data.skip)}`);
      else if (data.details.type !== 'suite') passed += 1;
    } else if (type === 'test:fail' && (data.details.type !== 'suite' || isOfHook(data.details.error))) {
      failed += 1;
      if (data.file !== undefined) failedFiles.add(data.file);
      const { cause = data.details.error } = data.details.error;
      yield `\nFAILED ${placeOf(data.file)} ${data.name}\n${described(cause)}\n`;
    } else if (type === 'test:diagnostic' && data.file !== undefined && data.nesting >= 0) {
      yield `  ${placeOf(data.file)}: ${data.message}\n`;
    } else if (type === 'test:summary' && data.file !== undefined) {
      seconds.push([placeOf(data.file), data.duration_ms / 1000]);
    } else if (type === 'test:stderr') yield data.message;
  }
  const list = process.env.PORTCULLIS_FAILED_FILES;
  if (list) writeFileSync(list, JSON.stringify([...failedFiles]));
  for (const line of skipped) yield `skipped ${line}\n`;
  const longest = seconds.sort(([, a], [, b]) => b - a).slice(0, LONGEST);
  if (seconds.length > LONGEST)
    for (const [file, s] of longest) yield `  ${s.toFixed(0).padStart(4)} s ${file}\n`;
  const all = Math.round((Date.now() - started) / 1000);
  yield `${passed} passed, ${failed} failed, ${skipped.length} skipped, ${all} s\n`;
}

/** A suite whose `before` fails has no tests that could tell. */
function isOfHook(error: unknown): boolean {
  return (error as { failureType?: unknown }).failureType === 'hookFailed';
}

function placeOf(file: string | undefined): string {
  return file === undefined ? '' : relative(process.cwd(), file);
}

function reasonOf(skip: string | boolean): string {
  return typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
}

function described(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}
