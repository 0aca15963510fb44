/**
 * check_client_rate, check_sender_rate, check_sasl_rate, check_recipient_rate: whoever has used up the share hears when
 * to come back (450 4.7.1). Each recipient counts where the list is asked about recipients, each message in
 * smtpd_data_restrictions and smtpd_end_of_data_restrictions; what stands before it and refuses is not counted.
 * Parameters: smtpd_client_event_limit_exceptions (for clients), smtpd_client_ipv4_prefix_length,
 * smtpd_client_ipv6_prefix_length. Nobody is held up by a store or a table of rates that does not answer; bounces and
 * mail to postmaster have no limit.
 */
import { type Address, splitExtension } from '../mail/address.ts';
import { printable } from '../mail/reply.ts';
import type { Source } from '../mail/source.ts';
import { dunno } from '../mail/verdict.ts';
import { networkKey } from '../memory/network-key.ts';
import type { Rate, RateParty } from '../memory/rate-limiter.ts';
import type { Match } from '../tables/search-order.ts';
import { AccessTable } from './access.ts';
import { rejectedText } from './access-result.ts';
import { looked, type Question, type Subject, subjectClass } from './question.ts';
import { type RateArgument, type RateWord, readRate, readRateArgument } from './rate-argument.ts';
import { type Judge, reject } from './restriction.ts';
import type { Sources } from './sources.ts';
import { clientSubject, recipientSubject, senderSubject } from './subjects.ts';

/** One that is counted. */
interface Counted {
  readonly who: string;
  readonly subject: Subject;
  /** Its row in a table of rates. */
  find(table: AccessTable): Promise<Match | undefined>;
}

const PARTIES: Readonly<
  Record<RateParty, (q: Question, sources: Sources) => Promise<readonly Counted[]> | readonly Counted[]>
> = {
  async client({ session }, { memory }) {
    const { client } = session;
    if (await memory.rates.clientExceptions.has(client)) return [];
    const who = networkKey(client.address, memory.rates.prefixBits);
    return [
      { who, subject: clientSubject(session), find: (table) => table.host(client.name, client.address) },
    ];
  },
  sender: ({ sender }, sources) =>
    sender && sender.text !== '' ? [ofAddress(sender, senderSubject(sender), sources)] : [],
  login: ({ session: { sasl } }) => {
    if (!sasl) return [];
    const subject = { name: printable(sasl.username, '_'), class: subjectClass.login };
    return [{ who: sasl.username, subject, find: (table) => table.exact(sasl.username) }];
  },
  recipient: ({ recipient, envelope }, sources) => {
    const all = recipient ? [recipient] : (envelope?.recipients.map(({ address }) => address) ?? []);
    return all.map((one) => ofAddress(one, recipientSubject(one), sources));
  },
};

/** Tags behind the name make no other party. */
function ofAddress(address: Address, subject: Subject, { recipientDelimiter }: Sources): Counted {
  const { base } = splitExtension(address.local, recipientDelimiter);
  const who = address.domain === '' ? base : `${base}@${address.domain}`;
  return { who, subject, find: (table) => table.mailAddress(address) };
}

/** Throws a RangeError when the argument is no rate. */
export function checkRate(party: RateParty, text: string, source: Source, sources: Sources): Judge {
  const argument = readRateArgument(text);
  const openers = { ...sources, openTable: sources.openRates };
  const tables = argument.tables.map((spec) => new AccessTable(spec, source, openers));
  const { limiter } = sources.memory.rates;
  return async (q) => {
    for (const counted of await PARTIES[party](q, sources)) {
      const rate = await rateOf(counted, argument, tables, sources);
      if (rate === 'none') continue;
      const answer = await limiter.take(party, counted.who, rate);
      looked(q, `${counted.who} ${shown(rate)}`, answer.kind === 'unknown' ? answer.why : answer.kind);
      if (answer.kind !== 'refused') continue;
      const seconds = Math.max(1, Math.ceil(answer.waitMs / 1_000));
      const told = `Rate limit exceeded, try again in ${seconds} seconds`;
      return reject(sources.codes.access_map_defer_code, '4.7.1', rejectedText(counted.subject, told));
    }
    return dunno;
  };
}

async function rateOf(
  counted: Counted,
  argument: RateArgument,
  tables: readonly AccessTable[],
  sources: Sources,
): Promise<RateWord> {
  for (const table of tables) {
    const row = await counted.find(table);
    if (!row) continue;
    try {
      return readRate(row.value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      sources.log.warn(`table of rates, entry "${row.key}": ${error.message}`);
    }
  }
  return argument.rate;
}

function shown({ count, perMs, burst }: Rate): string {
  return `${count}/${perMs / 1_000}s${burst === count ? '' : ` burst=${burst}`}`;
}
