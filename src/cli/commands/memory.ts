/** `memory`: what the gateway remembers as a whole: how much there is, out to a file, in from one. Parameter: state_store. */
import { createInterface } from 'node:readline';
import { exportLines, importLines } from '../../memory/interchange.ts';
import { carriedSpaces, isSpace, type SpaceName, spaces } from '../../memory/spaces.ts';
import type { Store } from '../../memory/store.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { withStore } from '../memory-access.ts';

export const memory: Command = {
  name: 'memory',
  usage: 'spaces|export|import [-c DIR] [--json] [SPACE...]',
  sentence: 'Counts, exports and imports what the gateway remembers',
  details: `
spaces             each space, what it holds, how many entries it has and how many it may have
export [SPACE...]  writes entries to standard output, one JSON object a line: ${carriedSpaces.join(', ')}
import             reads such lines from standard input; entries that are there already are replaced
To move from SQLite to Redis: export under the old state_store, import under the new one.`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, {});
    const [what, ...words] = positionals;
    return withStore('memory', flags.config, async (store) => {
      if (what === 'spaces') return count(store, flags.json);
      if (what === 'export') return writeAll(store, words);
      if (what === 'import') return readAll(store, flags.json);
      throw new UsageError('say what to do: spaces, export or import');
    });
  },
};

async function count(store: Store, json: boolean | undefined): Promise<number> {
  for (const [name, { bound, sentence }] of Object.entries(spaces)) {
    const entries = await store.count(name as SpaceName);
    if (json) console.log(JSON.stringify({ space: name, entries, bound, sentence }));
    else
      console.log(
        `${name.padEnd(16)}${String(entries).padStart(9)} of ${String(bound).padEnd(9)} ${sentence}`,
      );
  }
  return 0;
}

async function writeAll(store: Store, words: readonly string[]): Promise<number> {
  const wanted = words.filter((word): word is SpaceName => isSpace(word) && carriedSpaces.includes(word));
  if (wanted.length < words.length)
    throw new UsageError(`export knows these spaces: ${carriedSpaces.join(', ')}`);
  for await (const line of exportLines(store, wanted.length > 0 ? wanted : carriedSpaces)) {
    if (!process.stdout.write(`${line}\n`))
      await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  return 0;
}

async function readAll(store: Store, json: boolean | undefined): Promise<number> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const { taken, expired, complaints } = await importLines(store, lines);
  for (const complaint of complaints) console.error(`portcullis memory: ${complaint}`);
  if (json) console.log(JSON.stringify({ taken, expired, bad: complaints.length }));
  else console.log(`${taken} taken, ${expired} had expired, ${complaints.length} bad lines`);
  return complaints.length > 0 ? 1 : 0;
}
