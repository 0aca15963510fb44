/**
 * Asks mail hosts whether they would take mail for an address. A prober has one line for each next hop; addresses for
 * the same one share a connection. Which next hop is asked is the caller's business.
 */
import type { Address } from '../mail/address.ts';
import { isRefusal } from '../mail/reply.ts';
import type { ProbeResult } from '../memory/address-verify.ts';
import type { NextHop } from '../relay/next-hop.ts';
import { TargetLine, type TargetLineOptions } from './target-line.ts';

/** Lines without anybody in them are let go when there are more. */
const MAX_LINES = 1_000;

export class Prober {
  readonly #options: Omit<TargetLineOptions, 'budget'>;
  readonly #budget: TargetLineOptions['budget'];
  readonly #lines = new Map<string, TargetLine>();

  /** `options.budget` holds for hosts of strangers. */
  constructor(options: TargetLineOptions) {
    const { budget, ...rest } = options;
    this.#options = rest;
    this.#budget = budget;
  }

  /** `isForeign`: the next hop follows from the address, nobody of us has named it. Never rejects. */
  async probe(hop: NextHop, address: Address, isForeign: boolean): Promise<ProbeResult> {
    if (hop.kind === 'discard') return { kind: 'deliverable', text: hop.why };
    if (hop.kind === 'refuse') {
      const text = hop.reply.lines.join(' ');
      return { kind: isRefusal(hop.reply) && hop.reply.code >= 500 ? 'undeliverable' : 'unknown', text };
    }
    const key = `${isForeign} ${hop.key}`;
    let line = this.#lines.get(key);
    if (!line) {
      this.#makeRoom();
      line = new TargetLine(hop, { ...this.#options, budget: isForeign ? this.#budget : undefined });
      this.#lines.set(key, line);
    }
    return line.ask(address);
  }

  close(): void {
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
  }

  #makeRoom(): void {
    if (this.#lines.size < MAX_LINES) return;
    for (const [key, line] of this.#lines) {
      if (!line.isIdle) continue;
      line.close();
      this.#lines.delete(key);
    }
  }
}
