/**
 * Reads the ledger: one attempt by its id, attempts by what people know of them, the other attempts of a message, and
 * what the DNS said at a time. For commands: it opens the file for itself and writes nothing.
 */
import { existsSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import type { Attempt, AttemptVerdict } from '../record/attempt.ts';
import { firstIdAt } from '../record/ids.ts';
import { readRecord } from './record-text.ts';

/** All that is given must fit. */
export interface Search {
  /** A part of the address; `<>` is the null sender. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** An address, a network, or a part of a name. */
  readonly client?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly verdicts?: readonly AttemptVerdict[] | undefined;
  /** The newest so many. */
  readonly limit?: number | undefined;
  /** The oldest first. */
  readonly oldestFirst?: boolean | undefined;
}

/** Clients try for about so long to deliver a message. RFC 5321 4.5.4.1: four to five days. */
const RETRIES_MS = 5 * 86_400_000;
const MOST_LINKED = 50;
/** An id is made when an attempt ends, or a little after it began. */
const LONGEST_ATTEMPT_MS = 86_400_000;
/** 52 ** 6 seconds, nearly. */
const LAST_TIME = 19_000_000_000_000;

interface Row {
  readonly client: string;
  readonly record: string;
}

export class LedgerReader {
  readonly #db: DatabaseSync;

  /** Undefined: there is no ledger. Throws what node:sqlite throws. */
  static open(path: string): LedgerReader | undefined {
    return existsSync(path)
      ? new LedgerReader(new DatabaseSync(path, { readOnly: true, timeout: 5_000 }))
      : undefined;
  }

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  find(id: string): Attempt | undefined {
    const row = this.#db.prepare('SELECT record FROM records WHERE id = ?').get(id);
    return row && readRecord((row as unknown as Row).record);
  }

  /** The newest first. */
  *search(wanted: Search): Generator<Attempt> {
    const isFrom = clientTest(wanted.client);
    const limit = wanted.limit ?? Number.POSITIVE_INFINITY;
    let found = 0;
    for (const row of this.#rows(wanted)) {
      if (!isFrom(row.client)) continue;
      yield readRecord(row.record);
      if (++found >= limit) return;
    }
  }

  /** Other attempts with the same sender and one of the recipients, near in time, in their order. */
  linked({ id, time, sender, recipients }: Attempt): Attempt[] {
    const [first] = recipients;
    if (sender === undefined || first === undefined) return [];
    const about = Date.parse(time);
    const rows = this.#db
      .prepare(
        `SELECT record FROM attempts JOIN records USING (id)
         WHERE id BETWEEN ? AND ? AND id <> ? AND sender = ? AND instr(' ' || recipients || ' ', ?) > 0
         ORDER BY id LIMIT ?`,
      )
      .all(
        firstIdAt(about - RETRIES_MS),
        firstIdAt(about + RETRIES_MS),
        id,
        sender.toLowerCase(),
        ` ${first.toLowerCase()} `,
        MOST_LINKED,
      ) as unknown as Row[];
    return rows.map(({ record }) => readRecord(record));
  }

  /** What a name server had said last at that time, as in dns/answer-text.ts. */
  answerAt(question: string, time: number): string | undefined {
    const row = this.#db
      .prepare('SELECT answer FROM answers WHERE question = ? AND time <= ? ORDER BY time DESC LIMIT 1')
      .get(question, time) as { answer: string } | undefined;
    return row?.answer;
  }

  close(): void {
    this.#db.close();
  }

  #rows({
    from,
    to,
    since = 0,
    until = Number.MAX_SAFE_INTEGER,
    verdicts = [],
    oldestFirst,
  }: Search): Iterable<Row> {
    const conditions = ['id BETWEEN ? AND ?', 'time BETWEEN ? AND ?'];
    const lastId = firstIdAt(Math.min(until + LONGEST_ATTEMPT_MS, LAST_TIME));
    const values: (string | number)[] = [firstIdAt(since), lastId, since, until];
    if (from === '<>') conditions.push("sender = '' AND recipients <> ''");
    else if (from !== undefined) {
      conditions.push('instr(sender, ?) > 0');
      values.push(from.toLowerCase());
    }
    if (to !== undefined) {
      conditions.push('instr(recipients, ?) > 0');
      values.push(to.toLowerCase());
    }
    if (verdicts.length > 0) {
      conditions.push(`verdict IN (${verdicts.map(() => '?').join(', ')})`);
      values.push(...verdicts);
    }
    const text = `SELECT client, record FROM attempts JOIN records USING (id)
      WHERE ${conditions.join(' AND ')} ORDER BY id ${oldestFirst ? 'ASC' : 'DESC'}`;
    return this.#db.prepare(text).iterate(...values) as Iterable<unknown> as Iterable<Row>;
  }
}

/** Whether a client, `192.0.2.1 mail.example.com`, is meant. */
function clientTest(wanted: string | undefined): (client: string) => boolean {
  if (wanted === undefined) return () => true;
  const [network = '', bits] = wanted.split('/');
  if (isIP(network) === 0) return (client) => client.includes(wanted.toLowerCase());
  const list = new BlockList();
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(network, family);
  else list.addSubnet(network, Number(bits), family);
  return (client) => {
    const [address = ''] = client.split(' ', 1);
    return isIP(address) > 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  };
}
