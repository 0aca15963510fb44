/**
 * Tries a configuration out: leads hypothetical mails along the same journey as real ones, past the same judges, without a
 * door and without a next hop, and gives the records that the ledger would get. No SMTP is spoken: what the conversation
 * alone decides (limits of lines and errors, STARTTLS, logins) is not tried.
 */
import type { World } from '../assembly/world.ts';
import { clientNames } from '../dns/client-name.ts';
import type { Arrival, Visit } from '../gateway.ts';
import { address } from '../mail/address.ts';
import { unnamedClient } from '../mail/client.ts';
import { type Envelope, newEnvelope } from '../mail/envelope.ts';
import { isRefusal, type Reply, reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { type Assembly, assemble } from '../main.ts';
import type { Attempt } from '../record/attempt.ts';
import { newId } from '../record/ids.ts';
import type { Log } from '../record/log.ts';
import { Story } from '../record/story.ts';
import { LocalCounters } from '../server/counters.ts';
import { neutered } from '../server/hello.ts';
import type { ServiceOptions } from '../server/service.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Hypothesis } from './hypothesis.ts';
import { canonicalLines } from './message-lines.ts';

export interface TrialOptions {
  readonly configuration: Configuration;
  readonly world: World;
  readonly log: Log;
}

/** There is no such service. */
export class NoSuchService extends Error {}

const OK = reply(250, '2.1.5', 'Ok');
const COUNTER_UNIT_MS = 60_000;

export class Trial {
  readonly assembly: Assembly;
  readonly #records: Attempt[];

  static async prepare({ configuration, world, log }: TrialOptions): Promise<Trial> {
    const records: Attempt[] = [];
    const ledger = { keep: (attempt: Attempt) => void records.push(attempt), answered: () => {} };
    const counters = new LocalCounters(COUNTER_UNIT_MS);
    return new Trial(await assemble(configuration, { log, counters, ledger, world }), records);
  }

  private constructor(assembly: Assembly, records: Attempt[]) {
    this.assembly = assembly;
    this.#records = records;
  }

  /** The records of one mail: one for each refused recipient, and one for the message. Throws NoSuchService. */
  async judge(mail: Hypothesis): Promise<readonly Attempt[]> {
    const options = this.#service(mail.service);
    const session = await sessionOf(mail, options);
    const visit: Visit = {
      session,
      postponed: {},
      story: new Story(options.journal, session),
      consignment: undefined,
    };
    this.#records.length = 0;
    await new Journey(visit, options).travel(mail);
    return [...this.#records];
  }

  close(): Promise<void> {
    return this.assembly.close();
  }

  #service(name: string | undefined): ServiceOptions {
    const doors = this.assembly.services.filter(({ smtp }) => smtp !== undefined);
    const found = name === undefined ? doors[0] : doors.find(({ service }) => service.name === name);
    if (found?.smtp) return found.smtp;
    const names = doors.map(({ service }) => service.name).join(', ') || 'none';
    throw new NoSuchService(`there is no SMTP service "${name ?? ''}" in master.cf; there are: ${names}`);
  }
}

async function sessionOf(mail: Hypothesis, { name, names: hostNames }: ServiceOptions): Promise<Session> {
  const { client, helo, saslUsername } = mail;
  const names = client.names ?? (await clientNames(client.address, hostNames));
  return {
    id: newId(),
    service: name,
    client: { ...unnamedClient(client.address, '0'), ...names },
    server: { address: '127.0.0.1', port: '25' },
    helo: helo === undefined ? undefined : neutered(helo),
    protocol: mail.protocol ?? 'ESMTP',
    tls: mail.tls,
    sasl: saslUsername === undefined ? undefined : { method: 'PLAIN', username: saslUsername },
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: Date.now(),
  };
}

/** One mail on its way, as far as it gets. */
class Journey {
  readonly #visit: Visit;
  readonly #options: ServiceOptions;

  constructor(visit: Visit, options: ServiceOptions) {
    this.#visit = visit;
    this.#options = options;
  }

  async travel(mail: Hypothesis): Promise<void> {
    const { gateway } = this.#options;
    if (await gateway.connect(this.#visit)) return;
    if (mail.helo !== undefined && (await gateway.helo(this.#visit, mail.helo, 'EHLO'))) return;
    if (mail.sender === undefined) return this.#arrived(undefined, 'EHLO', OK);
    const envelope = await this.#envelope(mail, mail.sender);
    if (isRefusal(await gateway.sender(this.#visit, envelope))) return;
    for (const text of mail.recipients) await this.#recipient(envelope, text);
    if (envelope.recipients.length > 0) await this.#content(envelope, mail.message);
    gateway.letGo(this.#visit, undefined, 'QUIT');
  }

  async #envelope({ sizeBytes, message }: Hypothesis, sender: string): Promise<Envelope> {
    const size = sizeBytes ?? message?.length;
    const envelope = newEnvelope({
      id: newId(),
      sender: address(sender),
      senderWritten: `<${sender}>`,
      options: size === undefined ? {} : { size },
    });
    const { session } = this.#visit;
    envelope.localRewrite = await this.#options.isLocalRewriteClient(session, session.client.address);
    return envelope;
  }

  async #recipient(envelope: Envelope, text: string): Promise<void> {
    const recipient = { address: address(text), written: `<${text}>`, options: {} };
    await this.#options.gateway.recipient(this.#visit, envelope, recipient);
  }

  async #content(envelope: Envelope, message: Buffer | undefined): Promise<void> {
    const arrival = await this.#options.gateway.data(this.#visit, envelope, 'DATA');
    if (!isArrival(arrival)) return;
    if (message === undefined) {
      arrival.abandon();
      return this.#arrived(envelope, 'DATA', OK);
    }
    const bytes = canonicalLines(message);
    envelope.size = bytes.length;
    await arrival.write(bytes);
    await arrival.end();
  }

  /** The judges have nothing against it so far. */
  #arrived(envelope: Envelope | undefined, stage: string, answer: Reply): void {
    this.#visit.story.passed(envelope, stage, answer);
  }
}

function isArrival(answer: Arrival | Reply): answer is Arrival {
  return 'write' in answer;
}
