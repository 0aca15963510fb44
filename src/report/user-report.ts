/**
 * What did not come through for each of our users, and why: refused, put off and not tried again, kept, thrown away. Read
 * from the ledger. Parameters: report_exclude.
 */
import type { Attempt } from '../record/attempt.ts';

export type Fate = 'rejected' | 'deferred' | 'quarantined' | 'discarded';

export interface ReportEntry {
  /** Of the last attempt. */
  readonly id: string;
  readonly time: string;
  readonly fate: Fate;
  /** Empty: a bounce. */
  readonly sender: string;
  /** `mail.example.com[192.0.2.1]` */
  readonly client: string;
  readonly reply: string;
  readonly restriction: string;
  readonly rule: string;
  /** How often it was tried. */
  readonly attempts: number;
}

export interface UserReport {
  readonly user: string;
  /** The newest first. */
  readonly entries: readonly ReportEntry[];
  /** Entries that found no room. */
  readonly more: number;
}

export interface ReportWishes {
  /** Only this user; undefined: all. */
  readonly user?: string | undefined;
  /** Whether mail to this address is our affair: it is a user of ours. */
  isOurs(recipient: string): Promise<boolean>;
  /** Restrictions and classes whose refusals nobody wants to hear of. */
  readonly exclude: ReadonlySet<string>;
}

/** Entries of one user, and users, that are kept. */
const MOST_ENTRIES = 200;
const MOST_USERS = 20_000;

const FATES: Partial<Record<Attempt['verdict'], Fate>> = {
  reject: 'rejected',
  defer: 'deferred',
  quarantine: 'quarantined',
  discard: 'discarded',
};

/** Addresses that do not exist have no reader. */
const NO_SUCH_USER = /unlisted_recipient|unverified_recipient|unauth_destination/;

/** `attempts`: the oldest first. */
export async function reportsOf(attempts: Iterable<Attempt>, wishes: ReportWishes): Promise<UserReport[]> {
  const book = new ReportBook();
  const ours = new Map<string, boolean>();
  for (const attempt of attempts) {
    for (const recipient of attempt.recipients) {
      const user = recipient.toLowerCase();
      if (wishes.user !== undefined && wishes.user !== user) continue;
      if (attempt.verdict === 'accept') book.arrived(user, attempt);
      else if (isWorthTelling(attempt, wishes.exclude) && (await isOurs(user, ours, wishes)))
        book.add(user, attempt);
    }
  }
  return book.all();
}

async function isOurs(user: string, known: Map<string, boolean>, wishes: ReportWishes): Promise<boolean> {
  const answer = known.get(user) ?? (await wishes.isOurs(user));
  if (known.size < MOST_USERS) known.set(user, answer);
  return answer;
}

function isWorthTelling(
  { verdict, restriction = '', reply, trace }: Attempt,
  exclude: ReadonlySet<string>,
): boolean {
  if (!FATES[verdict] || restriction === '' || NO_SUCH_USER.test(restriction)) {
    if (verdict !== 'quarantine' && verdict !== 'discard') return false;
  }
  if (/^5\d\d 5\.1\.[1-6] /.test(reply)) return false;
  const [name = ''] = restriction.split(' ');
  return (
    !exclude.has(name) && !trace.some(({ list, verdict: said }) => said === 'reject' && exclude.has(list))
  );
}

class ReportBook {
  readonly #users = new Map<string, Map<string, ReportEntry>>();
  readonly #more = new Map<string, number>();

  /** What was put off has come after all. */
  arrived(user: string, { sender = '' }: Attempt): void {
    const entries = this.#users.get(user);
    const entry = entries?.get(sender.toLowerCase());
    if (entry?.fate === 'deferred') entries?.delete(sender.toLowerCase());
  }

  add(user: string, attempt: Attempt): void {
    const { sender = '' } = attempt;
    const entries = this.#entriesOf(user);
    if (!entries) return;
    const key = keyOf(attempt);
    const earlier = entries.get(key);
    if (!earlier && entries.size >= MOST_ENTRIES) {
      this.#more.set(user, (this.#more.get(user) ?? 0) + 1);
      return;
    }
    entries.delete(key); // the newest stand last
    entries.set(key, { ...entryOf(attempt, sender), attempts: (earlier?.attempts ?? 0) + 1 });
  }

  all(): UserReport[] {
    return [...this.#users].flatMap(([user, entries]) =>
      entries.size === 0
        ? []
        : [{ user, entries: [...entries.values()].reverse(), more: this.#more.get(user) ?? 0 }],
    );
  }

  #entriesOf(user: string): Map<string, ReportEntry> | undefined {
    const known = this.#users.get(user);
    if (known || this.#users.size >= MOST_USERS) return known;
    const entries = new Map<string, ReportEntry>();
    this.#users.set(user, entries);
    return entries;
  }
}

/** Attempts that are told as one: the same sender put off again and again, or refused by the same rule. */
function keyOf({ id, verdict, sender = '', restriction = '' }: Attempt): string {
  if (verdict === 'defer') return sender.toLowerCase();
  return verdict === 'reject' ? `${sender.toLowerCase()} ${restriction}` : id;
}

function entryOf(attempt: Attempt, sender: string): ReportEntry {
  const { id, time, verdict, client_name: name, client_address: address, reply } = attempt;
  return {
    id,
    time,
    fate: FATES[verdict] ?? 'rejected',
    sender,
    client: `${name}[${address}]`,
    reply,
    restriction: attempt.restriction ?? '',
    rule: attempt.rule ?? '',
    attempts: 1,
  };
}
