/**
 * Domains that take mail for any address: asking them says nothing, so they are asked no more for a while. Found out
 * with an address that nobody can have, after a first address was accepted.
 */
import { randomBytes } from 'node:crypto';
import { type Address, address } from '../mail/address.ts';
import type { ProbeResult } from '../memory/address-verify.ts';
import type { Store } from '../memory/store.ts';
import { storeKey } from '../memory/store-key.ts';

type Probe = (of: Address) => Promise<ProbeResult>;

export interface CatchAllOptions {
  readonly store: Store;
  /** How long it is believed that a domain takes everything, or does not. */
  readonly keptMs: number;
}

const ANY: ProbeResult = { kind: 'deliverable', text: 'the domain accepts any address' };

/** A probe that knows such domains. */
export function withCatchAll(probe: Probe, { store, keptMs }: CatchAllOptions): Probe {
  return async (of) => {
    const key = storeKey(`@${of.domain.toLowerCase()}`);
    const before = await known(store, key);
    if (before === 'any') return ANY;
    const result = await probe(of);
    if (result.kind !== 'deliverable' || before !== undefined) return result;
    const nobody = address(`${randomBytes(12).toString('hex')}@${of.domain}`);
    const { kind } = await probe(nobody);
    if (kind === 'unknown') return result;
    await keep(store, key, kind === 'deliverable' ? 'any' : 'some', keptMs);
    return result;
  };
}

async function known(store: Store, key: string): Promise<string | undefined> {
  try {
    return (await store.get('targets', key))?.value;
  } catch {
    return undefined;
  }
}

async function keep(store: Store, key: string, value: string, lifetimeMs: number): Promise<void> {
  try {
    await store.put('targets', key, { value, lifetimeMs });
  } catch {
    // asked again next time
  }
}
