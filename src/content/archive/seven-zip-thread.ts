/**
 * The thread that runs 7-Zip: lists an archive, then unpacks it member by member. It is ended from outside when it takes
 * too long. Unpacking stops at the first member that wants a password: the names of the rest are known from the list.
 */
import { parentPort } from 'node:worker_threads';
import { Correspondence, Stopped } from './seven-zip-correspondence.ts';
import type { OpenLetter, Outcome, ThreadLetter } from './seven-zip-letters.ts';
import { Listing } from './seven-zip-listing.ts';
import { type Run, runSevenZip } from './seven-zip-program.ts';

const nothing: Outcome = { isEncrypted: false, isBroken: false, isUnreadable: false, overBudget: undefined };

parentPort?.on('message', async (letter: OpenLetter) => {
  let outcome = nothing;
  try {
    outcome = await open(letter);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  parentPort?.postMessage({ kind: 'done', outcome } satisfies ThreadLetter);
});

/** As every format that the archive could be read in; it is sound when one of them is. */
async function open(letter: OpenLetter): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const format of letter.formats) outcomes.push(await openAs(format, letter));
  return {
    isEncrypted: outcomes.some(({ isEncrypted }) => isEncrypted),
    isBroken: outcomes.every(({ isBroken }) => isBroken),
    isUnreadable: outcomes.some(({ isUnreadable }) => isUnreadable),
    overBudget: outcomes.find(({ overBudget }) => overBudget)?.overBudget,
  };
}

async function openAs(format: string | undefined, letter: OpenLetter): Promise<Outcome> {
  const { sizeBytes, shared, memoryBytes, mostMembers } = letter;
  const asker = new Correspondence(sizeBytes, shared);
  const as = format === undefined ? [] : [`-t${format}`];
  const run = async (words: readonly string[], print: (line: string) => void) => {
    const ran = await runSevenZip({ words, archive: asker, sink: asker, memoryBytes, print });
    asker.goOn();
    return ran;
  };
  const listed = new Listing(mostMembers);
  const runs = [await run(['l', '-slt', '-ba', ...as], (line) => listed.line(line))];
  if (!listed.isTooLong) runs.push(await run(['x', '-y', '-o/out', ...as], () => {}));
  for (const [name, { isDirectory }] of listed.members) {
    if (isDirectory || asker.told.has(name)) continue;
    asker.begin(name);
    asker.end();
  }
  return outcomeOf(runs, listed);
}

function outcomeOf(runs: readonly Run[], listed: Listing): Outcome {
  const complaints = runs.flatMap((run) => run.complaints);
  // the name of a member stands behind the colon
  const says = (words: RegExp) => complaints.some((line) => words.test(line.split(' : ', 1)[0] ?? ''));
  const memoryRefused = runs.some((run) => run.memoryRefused);
  const isEncrypted = listed.isEncrypted || says(/password|encrypted/i);
  const isUnreadable = says(/unsupported (?:method|feature)/i);
  const failed = runs.some(({ code }) => code !== 0);
  return {
    isEncrypted,
    isBroken: failed && !isEncrypted && !isUnreadable && !memoryRefused,
    isUnreadable,
    overBudget: memoryRefused ? 'memory' : listed.isTooLong ? 'members' : undefined,
  };
}
