/**
 * The queue of addresses in front of one next hop: one connection (a second one when many wait) serves them all, its
 * hosts are tried in the order of the DNS, and a host that cannot say passes on to the next one.
 * `Postfix: smtp_connect.c, smtp_trouble.c`: 5xx to the greeting means the next host, any other 5xx is the last word.
 */
import { setTimeout } from 'node:timers/promises';
import type { Dns } from '../dns/dns.ts';
import type { Address } from '../mail/address.ts';
import type { ProbeResult } from '../memory/address-verify.ts';
import { type Candidate, candidates, type HostSources } from '../relay/host-candidates.ts';
import { type DeliveringHop, type Destination, formatDestination } from '../relay/next-hop.ts';
import { Unreachable } from '../relay/unreachable.ts';
import { WireFault } from '../smtp/wire-fault.ts';
import { NameWitness } from './name-witness.ts';
import { faultText, ProbeSession, whereOf } from './probe-session.ts';
import type { TargetBudget } from './target-budget.ts';

export interface TargetLineOptions {
  readonly dns: Dns;
  readonly sources: Omit<HostSources, 'dns'>;
  /** Undefined: the host is one that the operator names, and may be asked as often as need be. */
  readonly budget: TargetBudget | undefined;
  readonly target: 'rcpt' | 'data';
  sender(): Address;
}

interface Waiting {
  readonly address: Address;
  readonly resolve: (result: ProbeResult) => void;
  /** What the host before said. */
  last: ProbeResult | undefined;
}

/** Those who are served together. */
interface Batch {
  /** Without an answer. */
  readonly open: Set<Waiting>;
  /** Still to be asked about at the present host. */
  readonly queue: Waiting[];
}

/** Longer queues get one more connection. */
const CROWD = 20;
const MOST_SESSIONS = 4;
/** A connection waits so long for one more address. */
const LINGER_MS = 20;
const NOTHING: ProbeResult = { kind: 'unknown', text: 'server unavailable or unable to receive mail' };

export class TargetLine {
  readonly #hop: DeliveringHop;
  readonly #options: TargetLineOptions;
  readonly #waiting: Waiting[] = [];
  #sessions = 0;
  #kept: ProbeSession | undefined;

  constructor(hop: DeliveringHop, options: TargetLineOptions) {
    this.#hop = hop;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#sessions === 0;
  }

  /** Never rejects. */
  ask(address: Address): Promise<ProbeResult> {
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    this.#waiting.push({ address, resolve, last: undefined });
    const most = this.#options.budget ? 1 : MOST_SESSIONS;
    if (this.#sessions === 0 || (this.#waiting.length > CROWD && this.#sessions < most)) void this.#serve();
    return promise;
  }

  close(): void {
    this.#kept?.quit();
  }

  async #serve(): Promise<void> {
    this.#sessions++;
    try {
      while (this.#waiting.length > 0) await this.#serveThose(new Set(this.#waiting.splice(0, CROWD)));
    } finally {
      this.#sessions--;
    }
  }

  /** Who is answered leaves `open`; who comes meanwhile may enter. */
  async #serveThose(open: Set<Waiting>): Promise<void> {
    try {
      await this.#askKept(open);
      for (const destination of this.#hop.destinations) {
        if (open.size > 0) await this.#tryHosts(destination, open);
      }
    } catch (error) {
      const text = `probe failed: ${error instanceof Error ? error.message : String(error)}`;
      for (const waiting of open) waiting.last = { kind: 'unknown', text, passing: true };
    }
    for (const { resolve, last } of open) resolve(last ?? NOTHING);
  }

  /** A kept connection may be dead; then a new one is made. */
  async #askKept(open: Set<Waiting>): Promise<void> {
    const session = this.#kept;
    this.#kept = undefined;
    if (!session?.usable) return;
    try {
      await this.#converse(session, undefined, { open, queue: [...open] });
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
    }
  }

  async #tryHosts(destination: Destination, open: Set<Waiting>): Promise<void> {
    const { settings } = this.#hop;
    const witness = new NameWitness(this.#options.dns);
    const sources = { ...this.#options.sources, dns: witness };
    let addresses = 0;
    let sessions = 0;
    let isBest = true;
    try {
      for await (const candidate of candidates(destination, settings, sources)) {
        const isFirst = isBest;
        isBest = false;
        if (await this.#isRefrained(candidate, open)) continue;
        const fault = await this.#tryHost(candidate, open, isFirst);
        if (fault?.kind !== 'connect') sessions++;
        if (fault && isLastWord(fault)) return;
        if (open.size === 0 || ++addresses >= settings.addressLimit || sessions >= settings.sessionLimit)
          return;
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      tell(open, this.#nameResult(error, witness));
    }
  }

  async #isRefrained(candidate: Candidate, open: Set<Waiting>): Promise<boolean> {
    const objection = await this.#options.budget?.objection(candidate.host);
    if (objection === undefined) return false;
    const text = `host ${whereOf(candidate)} is not asked now: ${objection}`;
    tell(open, { kind: 'unknown', text, passing: true });
    return true;
  }

  /** Asks a host about all. The fault that ended it, if there was one. */
  async #tryHost(candidate: Candidate, open: Set<Waiting>, isBest: boolean): Promise<WireFault | undefined> {
    const { budget, target } = this.#options;
    const { settings, text: nextHop } = this.#hop;
    const options = { settings, nextHop, isForeign: budget !== undefined, target };
    const batch = { open, queue: [...open] };
    try {
      while (batch.queue.length > 0) {
        const session = await ProbeSession.open(candidate, options);
        await this.#converse(session, candidate.host, batch, isBest);
      }
      return undefined;
    } catch (fault) {
      if (!(fault instanceof WireFault)) throw fault;
      if (fault.kind === 'refused') await budget?.refused(candidate.host);
      tell(open, { kind: 'unknown', text: faultText(fault, whereOf(candidate), candidate.name) });
      return fault;
    }
  }

  /**
   * Asks as long as the host may be asked in one conversation, and goes on with who comes meanwhile, if it is the best
   * host. Rejects with WireFault.
   */
  async #converse(
    session: ProbeSession,
    host: string | undefined,
    batch: Batch,
    isBest = true,
  ): Promise<void> {
    const { open, queue } = batch;
    while (queue.length > 0 && session.usable && !session.isWornOut) {
      await this.#askThose(session, host, queue.splice(0, session.groupSize), open);
      if (!isBest || open.size > 0 || session.isWornOut) continue;
      if (this.#waiting.length === 0) await setTimeout(LINGER_MS);
      queue.push(...this.#waiting.splice(0, CROWD));
      for (const waiting of queue) open.add(waiting);
    }
    this.#keep(session);
  }

  async #askThose(
    session: ProbeSession,
    host: string | undefined,
    asked: readonly Waiting[],
    open: Set<Waiting>,
  ): Promise<void> {
    const { budget, sender } = this.#options;
    const addresses = asked.map(({ address }) => address);
    const outcomes = await session.ask(addresses, sender());
    for (const [i, { kind, text, isFinal, isPolicy }] of outcomes.entries()) {
      const waiting = asked[i] as Waiting;
      waiting.last = { kind, text };
      if (isFinal && open.delete(waiting)) waiting.resolve(waiting.last);
      if (host === undefined || !budget) continue;
      if (isPolicy) await budget.refused(host);
      else if (kind !== 'unknown') await budget.answered(host);
    }
  }

  /** Connections to hosts that the operator names are used again; strangers are not kept waiting. */
  #keep(session: ProbeSession): void {
    const { idleMs } = this.#hop.settings;
    if (!session.usable) return;
    const isOneMoreUse = idleMs > 0 && !session.isWornOut && !this.#kept?.usable;
    if (this.#options.budget || !isOneMoreUse) session.quit();
    else {
      session.park(idleMs);
      this.#kept = session;
    }
  }

  /** A domain that does not exist, takes no mail or leads back to us has no addresses; what the operator names does. */
  #nameResult({ message, reply }: Unreachable, witness: NameWitness): ProbeResult {
    const isForeign = this.#options.budget !== undefined;
    const [destination] = this.#hop.destinations;
    const { testimony } = witness;
    const isForGood = reply.code >= 500 || (testimony?.isForGood ?? true);
    const kind = isForeign && isForGood ? 'undeliverable' : 'unknown';
    if (reply.code >= 500) return { kind, text: message };
    if (testimony) return { kind, text: testimony.text };
    const place = destination ? formatDestination(destination).replace(/:\d+$/, '') : this.#hop.text;
    return { kind, text: `mail for ${place} loops back to myself` };
  }
}

/** A refusal that smtp(8) does not take to another host: 5xx to EHLO and HELO. */
function isLastWord({ kind, step, reply }: WireFault): boolean {
  return kind === 'refused' && step === 'helo' && (reply?.code ?? 0) >= 500;
}

function tell(open: Iterable<Waiting>, result: ProbeResult): void {
  for (const waiting of open) waiting.last = result;
}
