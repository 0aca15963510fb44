/**
 * Reads the ledger: one attempt by its id, attempts by what people know of them, the other attempts of a message, and
 * what the DNS said at a time. For commands: it opens the file for itself and writes nothing.
 */
import { existsSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import type { Attempt, AttemptVerdict } from '../record/attempt.ts';
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
    const row = this.#db
      .prepare('SELECT record FROM attempts JOIN records USING (seq) WHERE id = ?')
      .get(id) as Pick<Row, 'record'> | undefined;
    return row && readRecord(row.record);
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
    if (sender === undefined || recipients.length === 0) return [];
    const about = Date.parse(time);
    const rows = this.#db
      .prepare(
        `SELECT DISTINCT record, attempts.time FROM recipients JOIN attempts USING (seq) JOIN records USING (seq)
         WHERE address = ? AND sender = ? AND id <> ? AND time BETWEEN ? AND ? ORDER BY time LIMIT ?`,
      )
      .all(
        recipients[0]?.toLowerCase() ?? '',
        sender.toLowerCase(),
        id,
        about - RETRIES_MS,
        about + RETRIES_MS,
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
    const conditions = ['time BETWEEN ? AND ?'];
    const values: (string | number)[] = [since, until];
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
    const order = oldestFirst ? 'time, seq' : 'time DESC, seq DESC';
    const text = `SELECT client, record FROM attempts JOIN records USING (seq)
      WHERE ${conditions.join(' AND ')} ORDER BY ${order}`;
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
