/**
 * The tests before the greeting: a newcomer waits a moment, and is listened to and looked up meanwhile. Who has passed is
 * remembered and need not wait again. Parameters: postscreen_access_list, postscreen_denylist_action, postscreen_greet_*,
 * postscreen_dnsbl_*, postscreen_allowlist_interfaces, postscreen_pre_queue_limit,
 * postscreen_client_connection_count_limit. `Postfix: postscreen(8)`, without its tests after the greeting.
 * A list or a memory that does not answer refuses nobody.
 */
import type { Score } from '../dns/list-score.ts';
import { type Reply, reply, softened } from '../mail/reply.ts';
import type { Looked } from '../mail/trace.ts';
import type { Reason } from '../mail/verdict.ts';
import type { Passes } from '../memory/passed-clients.ts';
import { ScreenLog } from '../record/screen-log.ts';
import { Barred, withheld } from './barred.ts';
import type { Conversation } from './conversation.ts';
import { greetTest } from './greet-test.ts';
import { isSpared, isTooHigh, keptMs, lookedUp, tellAnswers } from './lists-test.ts';
import type { GreetTest, ListsTest, Rule, ScreenOptions } from './screen-options.ts';

/** Whether the client goes on to the gateway; else it is barred, or has to go. */
export function screenClient(talk: Conversation, options: ScreenOptions): Promise<boolean> {
  return new Screening(talk, options).run();
}

/** What follows from a test that was failed: 550 at RCPT (enforce), or 521 at once (drop). */
interface Failure {
  readonly rule: Rule;
  readonly restriction: string;
  readonly status: string;
  readonly text: string;
}

/** The tests that have to be made. */
interface Due {
  readonly greet: GreetTest | undefined;
  readonly lists: ListsTest | undefined;
  /** The client has never passed one of them. */
  readonly isNew: boolean;
}

const NO_ENTRY = { status: '5.3.2', text: 'Service currently unavailable' };
const TALKED = { status: '5.5.1', text: 'Protocol error' };
const BUSY = reply(421, '4.3.2', 'All screening ports are busy');
const TOO_MANY = reply(421, '4.7.0', 'Error: too many connections');

class Screening {
  readonly #talk: Conversation;
  readonly #options: ScreenOptions;
  readonly #log: ScreenLog;
  readonly #address: string;
  /** What the client holds as long as it is here and has not passed. */
  readonly #held: (() => void)[] = [];
  #barred: Reason | undefined;
  #hasTalked = false;

  constructor(talk: Conversation, options: ScreenOptions) {
    this.#talk = talk;
    this.#options = options;
    this.#log = new ScreenLog(options.log, talk.session);
    this.#address = talk.session.client.address;
  }

  async run(): Promise<boolean> {
    this.#talk.screened = this.#log;
    this.#log.connected();
    this.#talk.wire.socket.once('close', () => this.#letGo());
    if (await this.#isOneTooMany()) return this.#turnAway(TOO_MANY, 'too many connections');
    const opinion = await this.#options.opinionOf(this.#address);
    if (opinion === 'permit') return this.#letIn(`${this.#options.words.allow}LISTED`);
    if (opinion === 'reject') {
      const { deny, words } = this.#options;
      this.#log.told(`${words.deny}LISTED`);
      const failure = { rule: deny, restriction: 'postscreen_denylist_action', ...NO_ENTRY };
      if (await this.#fail(failure)) return false;
    }
    return this.#askMemory();
  }

  async #askMemory(): Promise<boolean> {
    const { passed, greet, lists } = this.#options;
    const passes = await passed.find(this.#address);
    const now = Date.now();
    const due: Due = {
      greet: passes.greet < now ? greet : undefined,
      lists: passes.lists < now ? lists : undefined,
      isNew: (greet !== undefined && passes.greet === 0) || (lists !== undefined && passes.lists === 0),
    };
    const isDone = !due.greet && !due.lists;
    const isKnown = passes.greet > 0 || passes.lists > 0;
    if (isDone && isKnown && !this.#barred) return this.#letIn('PASS OLD');
    await this.#lookAtOurAddress();
    return isDone ? this.#conclude({ greet: 0, lists: 0 }, undefined) : this.#test(due);
  }

  /** Who comes to a backup address alone cannot pass. */
  async #lookAtOurAddress(): Promise<void> {
    const { mayPassAt, words, interfacesSource: source } = this.#options;
    if (await mayPassAt(this.#talk.session.server.address)) return;
    this.#log.told(`${words.allow}LIST VETO`);
    const answer = reply(450, NO_ENTRY.status, NO_ENTRY.text);
    this.#barred = { reply: answer, restriction: 'postscreen_allowlist_interfaces', source };
  }

  async #test(due: Due): Promise<boolean> {
    const { places, waitMs } = this.#options;
    const place = await places.take();
    if (place === 'full') return this.#turnAway(BUSY, 'all screening ports busy');
    this.#hold(() => places.free());
    this.#log.begin('before');
    const scored = due.lists?.score.of(this.#address, waitMs[place]);
    const greeted = due.greet ? await this.#greet(due.greet, waitMs[place], scored) : 0;
    if (greeted === undefined) return false;
    const score = await scored;
    if (this.#talk.isGone) return false;
    const passes =
      score && due.lists ? await this.#judgeScore(score, due.lists, greeted) : { greet: greeted, lists: 0 };
    if (passes === undefined) return false;
    const hasPassedAll = (!due.greet || passes.greet > 0) && (!due.lists || passes.lists > 0);
    return this.#conclude(passes, hasPassedAll ? `PASS ${due.isNew ? 'NEW' : 'OLD'}` : undefined);
  }

  /** Until when the client has passed this test, 0 when it has not; undefined: the session is over. */
  async #greet(
    { banner, rule, ttlMs }: GreetTest,
    patienceMs: number,
    scored: Promise<Score> | undefined,
  ): Promise<number | undefined> {
    const greeted = await greetTest(this.#talk, banner, patienceMs, scored && this.#spared(scored));
    if (greeted.kind === 'left') return undefined;
    if (greeted.kind === 'waited') return Date.now() + ttlMs;
    this.#hasTalked = true;
    this.#log.spoke(greeted.bytes, greeted.text);
    this.#trace('postscreen_greet_action', rule, [{ key: 'PREGREET', answer: greeted.text }], 'reject');
    return (await this.#fail({ rule, restriction: 'postscreen_greet_action', ...TALKED })) ? undefined : 0;
  }

  /** Resolves when the lists say that the client need not wait; else never. */
  async #spared(scored: Promise<Score>): Promise<void> {
    if (!this.#spares(await scored)) await new Promise<never>(() => {});
  }

  #spares(score: Score): boolean {
    const { lists } = this.#options;
    return lists !== undefined && !this.#barred && !this.#hasTalked && isSpared(score, lists);
  }

  /** Until when the client has passed which test, now that the lists have spoken; undefined: the session is over. */
  async #judgeScore(score: Score, lists: ListsTest, greeted: number): Promise<Passes | undefined> {
    tellAnswers(score, this.#log);
    const isListed = isTooHigh(score, lists);
    this.#trace('postscreen_dnsbl_sites', lists.rule, lookedUp(score), isListed ? 'reject' : 'dunno');
    if (isListed) {
      this.#log.ranked(score.score);
      const text = `Service unavailable; client [${this.#address}] blocked using ${await lists.nameOf(score)}`;
      const failure = { rule: lists.rule, restriction: 'postscreen_dnsbl_action', status: '5.7.1', text };
      return (await this.#fail(failure)) ? undefined : { greet: greeted, lists: 0 };
    }
    const until = Date.now() + keptMs(score, lists);
    return { greet: this.#spares(score) ? Math.max(greeted, until) : greeted, lists: until };
  }

  /** `told`: what the log hears of a client that may go on. */
  async #conclude(passes: Passes, told: string | undefined): Promise<boolean> {
    if (this.#barred) return this.#bar(this.#barred);
    if (passes.greet > 0 || passes.lists > 0) await this.#options.passed.remember(this.#address, passes);
    return this.#letIn(told);
  }

  #letIn(told: string | undefined): true {
    if (told !== undefined) this.#log.told(told);
    this.#letGo();
    this.#talk.screened = undefined;
    return true;
  }

  /** Does what the rule says; whether the session is over. The last failure is the one that is told. */
  async #fail({ rule, restriction, status, text }: Failure): Promise<boolean> {
    const { action, source } = rule;
    if (action === 'ignore') return false;
    const answer = this.#soften(reply(action === 'drop' ? 521 : 550, status, text));
    const reason = { reply: answer, restriction, source };
    if (action === 'drop') await this.#drop(reason);
    else this.#barred = reason;
    return action === 'drop';
  }

  async #drop({ reply: answer, restriction, source: rule }: Reason): Promise<void> {
    const { story } = this.#talk.visit;
    story.refused({ stage: 'CONNECT', reply: answer, restriction, rule, program: 'postscreen' });
    this.#talk.close();
    await this.#talk.reply(answer);
  }

  async #bar(reason: Reason): Promise<false> {
    const talk = this.#talk;
    talk.barred = new Barred(reason, this.#log);
    talk.discarded = withheld(await talk.options.discardedKeywords(this.#address));
    this.#log.begin('after');
    if (!this.#hasTalked) talk.say(reply(220, '', talk.options.banner));
    return false;
  }

  async #turnAway(answer: Reply, why: string): Promise<false> {
    this.#log.turnedAway(why);
    await this.#talk.reply(answer);
    return false;
  }

  async #isOneTooMany(): Promise<boolean> {
    const { perClient } = this.#options;
    const { client } = this.#talk.session;
    const excess = await perClient.exceeded('connection', client);
    this.#hold(() => perClient.release(client));
    return excess !== undefined;
  }

  #hold(release: () => void): void {
    if (this.#talk.isGone) release();
    else this.#held.push(release);
  }

  #letGo(): void {
    for (const release of this.#held.splice(0)) release();
  }

  #soften(answer: Reply): Reply {
    return this.#options.softBounce ? softened(answer) : answer;
  }

  #trace(restriction: string, { source }: Rule, looked: Looked[], verdict: string): void {
    const { trace } = this.#talk.visit.story;
    trace.begin({ stage: 'CONNECT', list: 'postscreen', restriction, source, looked, verdict });
  }
}
