/** Learning whom our users write to, from settings. Parameter: learn_correspondents. */
import { Correspondence } from '../content/correspondence.ts';
import type { Log } from '../record/log.ts';
import type { AddressParts } from './addresses.ts';
import type { MemoryParts } from './memory.ts';
import type { Openers } from './openers.ts';
import { ownMail } from './sender-auth.ts';

export interface CorrespondenceNeeds {
  readonly addresses: AddressParts;
  readonly memory: MemoryParts;
  readonly log: Log;
}

/** Undefined: this service does not learn. */
export function assembleCorrespondence(
  openers: Openers,
  { addresses, memory, log }: CorrespondenceNeeds,
): Correspondence | undefined {
  if (!openers.settings.learn_correspondents) return undefined;
  return new Correspondence({
    correspondents: memory.correspondents,
    isOurs: ownMail(openers),
    isStranger: async (address) => (await addresses.resolver.resolve(address)).class === 'default',
    log,
  });
}
