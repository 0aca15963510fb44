/** Makes the store that `state_store` names. A file is opened when it is first asked for, a connection at once. */
import { assertNever } from '../mail/assert-never.ts';
import type { Log } from '../record/log.ts';
import { MapStore } from './map-store.ts';
import { RedisStore } from './redis-store.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import type { StoreAddress } from './store-address.ts';

/** `housekeeping`: this process lasts, and may look after a database file. */
export function openStore(address: StoreAddress, log: Log, housekeeping: boolean): Store {
  switch (address.kind) {
    case 'sqlite':
      return new SqliteStore({ path: address.path, log, housekeeping });
    case 'redis':
      return new RedisStore({ address, log });
    case 'memory':
      return new MapStore();
    default:
      return assertNever(address);
  }
}
