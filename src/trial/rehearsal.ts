/**
 * Judges recorded attempts again, under another configuration: in the order of time, with what the DNS said then. What
 * depends on memory or on others counts as it was recorded; new greylisting begins with nothing. What stands in a message is
 * not in the ledger, so that each mail is judged until its content would come.
 */
import type { World } from '../assembly/world.ts';
import type { Dns } from '../dns/dns.ts';
import { parseReply } from '../mail/reply.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { OverlayStore } from '../memory/overlay-store.ts';
import type { Store } from '../memory/store.ts';
import type { Attempt } from '../record/attempt.ts';
import { silentLog } from '../record/log.ts';
import type { Question } from '../restrictions/question.ts';
import type { Answer } from '../restrictions/restriction.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import { type Change, changesBetween, isJudged } from './change.ts';
import { HYPOTHETICAL_TLS, type Hypothesis } from './hypothesis.ts';
import { type AnswerRecord, RecordedDns } from './recorded-dns.ts';
import { NoSuchService, Trial } from './trial.ts';

export interface RehearsalOptions {
  readonly answers: AnswerRecord;
  /** What is remembered now: correspondents, known signers. It is only read. */
  readonly memory: Store;
  /** Asked about what the record does not know; undefined: nobody is. */
  readonly dns: Dns | undefined;
}

/** What became of one attempt. */
export interface Rehearsed {
  readonly changes: readonly Change[];
  /** Questions to the DNS that nobody had asked at the time: a change may come of that alone. */
  readonly missing: readonly string[];
}

/** Begins to listen a little after the attempt began: the DNS is asked meanwhile. */
const MARGIN_MS = 1_000;

export class Rehearsal {
  readonly #trial: Trial;
  readonly #world: RecordedWorld;

  /** Attempts will be judged by this configuration. */
  static async prepare(configuration: Configuration, options: RehearsalOptions): Promise<Rehearsal> {
    const world = new RecordedWorld(new RecordedDns(options.answers, options.dns), options.memory);
    return new Rehearsal(await Trial.prepare({ configuration, world, log: silentLog }), world);
  }

  private constructor(trial: Trial, world: RecordedWorld) {
    this.#trial = trial;
    this.#world = world;
  }

  /** What is wrong with the configuration and its tables. */
  get complaints(): readonly Complaint[] {
    return this.#trial.assembly.complaints;
  }

  /** `attempts`: the oldest first. Those that say nothing of the judges are left out. */
  async *judge(attempts: Iterable<Attempt>): AsyncGenerator<Rehearsed> {
    for (const attempt of attempts) {
      if (!isJudged(attempt) || this.#isAdvice(attempt)) continue;
      this.#world.become(attempt);
      const now = await judgeAgain(attempt, this.#trial);
      yield { changes: changesBetween(attempt, now), missing: this.#world.dns.missing };
    }
  }

  /** Another server had the mail and asked for our opinion: the rest of the way is not ours to judge. */
  #isAdvice({ service: name }: Attempt): boolean {
    const { services } = this.#trial.assembly.configuration;
    return services.some((service) => service.name === name && service.program === 'policy');
  }

  close(): Promise<void> {
    return this.#trial.close();
  }
}

/** A service that is not there any more is tried as the usual one. */
async function judgeAgain(attempt: Attempt, trial: Trial): Promise<readonly Attempt[]> {
  const mail = hypothesisOf(attempt);
  try {
    return await trial.judge(mail);
  } catch (error) {
    if (!(error instanceof NoSuchService)) throw error;
    return trial.judge({ ...mail, service: undefined });
  }
}

function hypothesisOf(attempt: Attempt): Hypothesis {
  const { client_address: address, helo_name: helo, sender, recipients, size } = attempt;
  return {
    service: attempt.service,
    client: { address },
    helo,
    protocol: attempt.protocol === 'SMTP' ? 'SMTP' : 'ESMTP',
    tls: attempt.tls === undefined ? undefined : HYPOTHETICAL_TLS,
    saslUsername: attempt.sasl_username,
    sender,
    recipients,
    sizeBytes: size,
  };
}

class RecordedWorld implements World {
  readonly dns: RecordedDns;
  readonly trustsLists = true;
  readonly asksPolicyServices = false;
  readonly asksOthers = false;
  readonly #memory: Store;
  #attempt: Attempt | undefined;

  constructor(dns: RecordedDns, memory: Store) {
    this.dns = dns;
    this.#memory = memory;
  }

  readonly now = (): number => this.dns.time;

  become(attempt: Attempt): void {
    this.#attempt = attempt;
    this.dns.time = Date.parse(attempt.time) + attempt.duration_ms + MARGIN_MS;
    this.dns.missing = [];
  }

  store(): Store {
    return new OverlayStore(this.#memory, ['greylist', 'clients'], this.now);
  }

  recorded(restriction: string, { recipient }: Question): Answer | undefined {
    const step = this.#attempt?.trace.find(
      (one) => one.restriction === restriction && (!one.recipient || one.recipient === recipient?.text),
    );
    return step ? this.#answer(step.verdict) : withoutRecord(restriction);
  }

  #answer(verdict: string): Answer {
    const reply = parseReply(this.#attempt?.reply ?? '');
    if (verdict === 'permit') return permit;
    if (verdict === 'reject' && reply) return { kind: 'reject', reply };
    if (verdict.startsWith('postpone') && reply) return { kind: 'postpone', until: 'permit', reply };
    return dunno;
  }
}

/** Greylisting is really asked, of a memory that begins empty; nobody else is. */
function withoutRecord(restriction: string): Answer | undefined {
  return restriction.startsWith('check_greylist') ? undefined : dunno;
}
