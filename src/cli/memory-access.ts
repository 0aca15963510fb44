/** The gateway's memory for shell commands: opened, asked and closed; the gateway may run meanwhile. */
import { mkdirSync } from 'node:fs';
import { assembleStore } from '../assembly/memory.ts';
import { type Facts, factsLine, factsLines } from '../memory/memory-text.ts';
import type { SpaceName } from '../memory/spaces.ts';
import { type Entry, type Store, StoreFailure } from '../memory/store.ts';
import { findServingUser, handOver, isRoot } from '../process/privileges.ts';
import { silentLog } from '../record/log.ts';
import { complaintLine } from '../settings/complaint.ts';
import { readConfiguration } from '../settings/configuration.ts';
import type { Settings } from '../settings/settings.ts';
import { UsageError } from './command.ts';
import { configurationDirectory } from './configuration-directory.ts';

/** Does something with the store; gives the exit status. A store that fails is told. */
export async function withStore(
  command: string,
  directory: string | undefined,
  work: (store: Store, settings: Settings) => Promise<number>,
): Promise<number> {
  const { settings } = readConfiguration(configurationDirectory(directory));
  leaveToGateway(settings);
  const complain = (complaint: Parameters<typeof complaintLine>[0]) => {
    throw new Error(complaintLine(complaint));
  };
  const store = assembleStore(settings, silentLog, complain, false);
  try {
    return await work(store, settings);
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    console.error(`portcullis ${command}: ${error.message}`);
    return 1;
  } finally {
    await store.close();
  }
}

/** Files that root makes here must be the gateway's. */
function leaveToGateway({ data_directory, mail_owner }: Settings): void {
  if (!isRoot()) return;
  try {
    mkdirSync(data_directory, { recursive: true, mode: 0o700 });
    handOver(data_directory, findServingUser(mail_owner));
  } catch {
    // the store says what it cannot do
  }
}

/** Which entries are meant: those with this text in their key. */
export async function* entriesWith(
  store: Store,
  space: SpaceName,
  text: string | undefined,
): AsyncGenerator<Entry> {
  const wanted = text?.toLowerCase();
  for await (const entry of store.entries(space)) {
    if (wanted === undefined || entry.key.toLowerCase().includes(wanted)) yield entry;
  }
}

/** Prints what `read` makes of the entries: a line each, or JSON. Gives how many there were. */
export async function printEntries(
  entries: AsyncIterable<Entry>,
  read: (entry: Entry) => Facts | undefined,
  how: { readonly json?: boolean | undefined; readonly detailed?: boolean },
): Promise<number> {
  let count = 0;
  for await (const entry of entries) {
    const facts = read(entry);
    if (!facts) continue;
    count++;
    if (how.json) console.log(JSON.stringify(facts));
    else if (how.detailed) console.log(`${count > 1 ? '\n' : ''}${factsLines(facts)}`);
    else console.log(factsLine(facts));
  }
  return count;
}

export interface Deletion {
  readonly keys: readonly string[];
  readonly matching: string | undefined;
  readonly all: boolean | undefined;
  readonly json: boolean | undefined;
}

/** Deletes the named entries, those with a text in their key, or all. Gives the exit status. */
export async function deleteEntries(
  store: Store,
  spaces: readonly SpaceName[],
  { keys, matching, all, json }: Deletion,
): Promise<number> {
  const ways = [keys.length > 0, matching !== undefined, all === true].filter(Boolean).length;
  if (ways !== 1) throw new UsageError('name keys as list shows them, or use --matching TEXT, or --all');
  let deleted = 0;
  for (const space of spaces) {
    const wanted = keys.length > 0 ? keys : await keysWith(store, space, matching);
    for (const key of wanted) if (await store.delete(space, key)) deleted++;
  }
  if (json) console.log(JSON.stringify({ deleted }));
  else console.log(`${deleted} deleted`);
  return deleted > 0 ? 0 : 1;
}

async function keysWith(store: Store, space: SpaceName, text: string | undefined): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of entriesWith(store, space, text)) keys.push(key);
  return keys;
}
