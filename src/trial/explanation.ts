/**
 * The world of `explain`: the DNS, mail hosts and clamd are asked as usual, what is remembered is read and not changed. With
 * `learns` it is the real world, but for the delivery.
 */
import type { World } from '../assembly/world.ts';
import { dunno } from '../mail/verdict.ts';
import { OverlayStore } from '../memory/overlay-store.ts';

export function explanation(learns: boolean): World {
  return {
    store: (real) => (learns ? real : new OverlayStore(real)),
    asksPolicyServices: learns,
    asksOthers: true,
    recorded: (restriction) => (/^sleep /.test(restriction) ? dunno : undefined), // nobody wants to wait for it
  };
}
