/**
 * Plain patterns of a match list that stand next to each other: strings, host names, domains, networks. Asked all at
 * once; the first in order decides. `Postfix: match_string, match_hostname, match_hostaddr`.
 */
import { namesUpward } from './names-upward.ts';
import { parseAddress, parseNetwork } from './network.ts';
import { NetworkTree } from './network-tree.ts';

/** What a list is asked about, folded. Parts that are there are matched in their own way. */
export interface MatchSubject {
  /** Compared as a whole. */
  readonly text?: string;
  /** A host name; domains match what is in them. */
  readonly name?: string;
  /** A network address. */
  readonly address?: string;
}

/** A pattern could not be read, and it is its turn. */
export class BadPattern extends Error {}

export class MatchGroup {
  readonly #parentMatches: boolean;
  /** Index of the first pattern with this text. */
  readonly #texts = new Map<string, number>();
  readonly #negated: boolean[] = [];
  readonly #ipv4 = new NetworkTree(1);
  readonly #ipv6 = new NetworkTree(4);
  readonly #bad: { readonly index: number; readonly ipv6: boolean; readonly problem: string }[] = [];

  /** `parentMatches`: `example.com` matches its subdomains; else `.example.com` does. */
  constructor(parentMatches: boolean) {
    this.#parentMatches = parentMatches;
  }

  /** Adds a folded pattern; gives what is wrong with it, if it looks like a network. */
  add(pattern: string, negated: boolean): string | undefined {
    const index = this.#negated.push(negated) - 1;
    if (!this.#texts.has(pattern)) this.#texts.set(pattern, index);
    if (!looksLikeNetwork(pattern)) return undefined;
    const parsed = parseNetwork(pattern);
    if (parsed.kind === 'problem') {
      this.#bad.push({ index, ipv6: pattern.includes(':'), problem: parsed.problem });
      return parsed.problem;
    }
    const { network } = parsed;
    (network.words.length === 1 ? this.#ipv4 : this.#ipv6).add(network, index);
    return undefined;
  }

  /** Yes, no, or undefined when no pattern matches. Throws BadPattern. */
  decide({ text, name, address }: MatchSubject): boolean | undefined {
    let first = Number.POSITIVE_INFINITY;
    const hit = (index: number | undefined) => {
      if (index !== undefined && index >= 0 && index < first) first = index;
    };
    if (text !== undefined) hit(this.#texts.get(text));
    if (name !== undefined) this.#matchName(name, hit);
    if (address !== undefined && /^[0-9a-f.:]*$/i.test(address)) {
      this.#matchAddress(address, hit);
      const bad = this.#bad.find(({ ipv6 }) => ipv6 === address.includes(':'));
      if (bad && bad.index < first) throw new BadPattern(bad.problem);
    }
    const negated = this.#negated[first];
    return negated === undefined ? undefined : !negated;
  }

  #matchName(name: string, hit: (index: number | undefined) => void): void {
    for (const { key } of namesUpward(name, this.#parentMatches)) hit(this.#texts.get(key));
  }

  #matchAddress(address: string, hit: (index: number | undefined) => void): void {
    hit(this.#texts.get(address));
    hit(this.#texts.get(`[${address}]`));
    const words = parseAddress(address);
    if (words) hit((words.length === 1 ? this.#ipv4 : this.#ipv6).find(words));
  }
}

/** An IPv6 address or a network; plain IPv4 addresses are compared as texts. */
function looksLikeNetwork(pattern: string): boolean {
  return /[:/]/.test(pattern) && /^[0-9a-fA-F.:[\]/]*$/.test(pattern);
}
