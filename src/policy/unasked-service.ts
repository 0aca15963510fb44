/** In place of a policy service that must not be asked, because it may remember what it was asked about: no opinion. */
import type { PolicyService } from './policy-service.ts';

export function unaskedService({ name, defaultAction }: PolicyService): PolicyService {
  return { name: `${name} (not asked)`, defaultAction, ask: async () => 'DUNNO' };
}
