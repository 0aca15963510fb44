/** While the gateway serves, its DNS lists are tested, and what they are worth is written down. Parameter: state_store. */
import type { DnsLists } from '../dns/dns-lists.ts';
import { ListRecords } from '../memory/list-records.ts';
import type { Store } from '../memory/store.ts';

const WRITE_EVERY_MS = 60_000;

/** Begins at once; the function ends it, with everything written. */
export function watchLists(lists: DnsLists, store: Store): () => Promise<void> {
  const records = new ListRecords(store);
  const write = () => records.add(lists.statistics());
  lists.watch();
  const clock = setInterval(() => void write(), WRITE_EVERY_MS);
  clock.unref();
  return async () => {
    clearInterval(clock);
    await write();
  };
}
