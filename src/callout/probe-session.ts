/**
 * One connection over which a mail host is asked about addresses: MAIL and RCPT for each, then RSET; nothing is ever
 * sent. Parameters: smtp_* of the transport, smtp_address_verify_target (how far a probe goes).
 * TLS is used when it is offered, unless the transport wants more of it; when it does not work, it is done without.
 */
import { type Address, externalForm } from '../mail/address.ts';
import { isNetworkAddress } from '../mail/host-syntax.ts';
import type { Reply } from '../mail/reply.ts';
import type { ClientSettings, TlsSettings } from '../relay/client-settings.ts';
import type { Candidate } from '../relay/host-candidates.ts';
import { Connection } from '../smtp/connection.ts';
import { isInternational, mailCommand, rcptCommand } from '../smtp/envelope-commands.ts';
import { handshake } from '../smtp/handshake.ts';
import { readLogin } from '../smtp/login.ts';
import { type Deadlines, defaultDeadlines, type Step, stepPhrase } from '../smtp/step.ts';
import { WireFault } from '../smtp/wire-fault.ts';
import { type Meaning, meaningOf, oneLine, type ProbedStep, saidText } from './reply-meaning.ts';

export interface Outcome extends Meaning {
  readonly text: string;
}

export interface SessionOptions {
  readonly settings: ClientSettings;
  /** For logins: the next hop as the operator wrote it. */
  readonly nextHop: string;
  /** The host is a stranger's: TLS is tried even when the transport does not ask for it. */
  readonly isForeign: boolean;
  readonly target: 'rcpt' | 'data';
}

/** No step of a probe takes longer, whatever the transport allows. */
const LONGEST_STEP_MS = 60_000;
/** Addresses that are asked about in one go. */
const PIPELINED = 5;
/** Hosts slow down, and hang up, when they refuse too often in one conversation. `Postfix: smtpd_soft_error_limit` (10) */
const MOST_REFUSALS = 5;
const RESET_STEPS: readonly Step[] = ['mail', 'rcpt', 'rset'];

export class ProbeSession {
  readonly #connection: Connection;
  readonly #where: string;
  readonly #options: SessionOptions;
  #refusals = 0;

  private constructor(connection: Connection, where: string, options: SessionOptions) {
    this.#connection = connection;
    this.#where = where;
    this.#options = options;
  }

  /** Connects. Rejects with WireFault; `faultText` words it. */
  static async open(candidate: Candidate, options: SessionOptions): Promise<ProbeSession> {
    const { settings, isForeign } = options;
    const level =
      isForeign && settings.tls.level === 'none' && !settings.tls.wrapper ? 'may' : settings.tls.level;
    const where = whereOf(candidate);
    try {
      const connection = await connect(candidate, options, { ...settings.tls, level });
      return new ProbeSession(connection, where, options);
    } catch (fault) {
      if (level !== 'may' || !(fault instanceof WireFault) || fault.kind !== 'tls') throw fault;
      const connection = await connect(candidate, options, { ...settings.tls, level: 'none' });
      return new ProbeSession(connection, where, options);
    }
  }

  get usable(): boolean {
    return this.#connection.usable;
  }

  /** It was refused so often that the next address is better asked about in a new conversation. */
  get isWornOut(): boolean {
    return this.#refusals >= MOST_REFUSALS;
  }

  /** How many addresses `ask` takes at best. */
  get groupSize(): number {
    return this.#options.target === 'rcpt' && this.#connection.capabilities.pipelining ? PIPELINED : 1;
  }

  /** Asks about each address. Rejects with WireFault; then nothing is known about any of them. */
  async ask(addresses: readonly Address[], sender: Address): Promise<Outcome[]> {
    const isGroup = this.groupSize > 1;
    const outcomes = await (isGroup ? this.#askGroup(addresses, sender) : this.#askEach(addresses, sender));
    this.#refusals += outcomes.filter(({ kind }) => kind !== 'deliverable').length;
    return outcomes;
  }

  /** Keeps the connection for the next address, so long at most. */
  park(idleMs: number): void {
    this.#connection.park(idleMs);
  }

  quit(): void {
    this.#connection.quit();
  }

  /** What went wrong, as smtp(8) says it. */
  faultText(fault: WireFault): string {
    return faultText(fault, this.#where, this.#connection.name);
  }

  async #askGroup(addresses: readonly Address[], sender: Address): Promise<Outcome[]> {
    const commands = addresses.map((address) => this.#commands(address, sender));
    const lines = commands.flatMap((pair) => (pair ? [...pair, 'RSET'] : []));
    const steps = commands.flatMap((pair) => (pair ? RESET_STEPS : []));
    const replies = lines.length > 0 ? await this.#connection.exchange(lines, steps) : [];
    let at = 0;
    return commands.map((pair, i) => {
      if (!pair) return this.#unspeakable(addresses[i] as Address);
      const [mail, rcpt] = replies.slice(at, at + RESET_STEPS.length) as [Reply, Reply];
      at += RESET_STEPS.length;
      return mail.code < 300 ? this.#outcome('rcpt', rcpt) : this.#outcome('mail', mail);
    });
  }

  async #askEach(addresses: readonly Address[], sender: Address): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const address of addresses) {
      const pair = this.#commands(address, sender);
      outcomes.push(pair ? await this.#askOne(...pair) : this.#unspeakable(address));
    }
    return outcomes;
  }

  async #askOne(mailLine: string, rcptLine: string): Promise<Outcome> {
    const connection = this.#connection;
    const mail = await connection.command(mailLine, 'mail');
    if (mail.code >= 300) return this.#outcome('mail', mail);
    const rcpt = await connection.command(rcptLine, 'rcpt');
    if (rcpt.code < 300 && this.#options.target === 'data') {
      const data = await connection.command('DATA', 'data');
      if (data.code === 354) connection.destroy('nothing is to be sent'); // only hanging up ends that
      return this.#outcome('data', data);
    }
    await connection.command('RSET', 'rset');
    return this.#outcome('rcpt', rcpt);
  }

  #outcome(step: ProbedStep, said: Reply): Outcome {
    const meaning = meaningOf(step, said);
    return {
      ...meaning,
      text: meaning.kind === 'deliverable' ? oneLine(said) : saidText(this.#where, said, step),
    };
  }

  /** MAIL and RCPT; undefined when this host cannot be asked about the address. */
  #commands(address: Address, sender: Address): [string, string] | undefined {
    const { capabilities } = this.#connection;
    const smtputf8 = isInternational(address) || isInternational(sender);
    if (smtputf8 && !capabilities.smtputf8) return undefined;
    const mail = mailCommand(sender, smtputf8 ? { smtputf8 } : {}, capabilities);
    const rcpt = rcptCommand(address, {}, capabilities);
    return mail === undefined || rcpt === undefined ? undefined : [mail, rcpt];
  }

  #unspeakable(address: Address): Outcome {
    const text = isInternational(address)
      ? `SMTPUTF8 is required, but was not offered by host ${this.#where}`
      : `the address <${externalForm(address)}> cannot be asked about`;
    return { kind: 'unknown', isPolicy: false, isFinal: false, text };
  }
}

/** `host[address]`, without the port. */
export function whereOf({ name, endpoint }: Candidate): string {
  return endpoint.kind === 'tcp' ? name.replace(/:\d+$/, '') : name;
}

/** What kept us from asking, as smtp(8) says it. */
export function faultText(fault: WireFault, where: string, whereWithPort: string): string {
  switch (fault.kind) {
    case 'connect':
      return `connect to ${whereWithPort}: ${fault.detail}`;
    case 'timeout':
      return `conversation with ${where} timed out while ${stepPhrase[fault.step]}`;
    case 'lost':
      return `lost connection with ${where} while ${stepPhrase[fault.step]}`;
    case 'refused':
      return `host ${where} refused to talk to me: ${fault.reply ? oneLine(fault.reply) : fault.detail}`;
    case 'tls':
      return `Cannot start TLS with ${where}: ${fault.detail}`;
    case 'garbage':
    case 'ended':
      return `conversation with ${where} ended while ${stepPhrase[fault.step]}: ${fault.detail}`;
  }
}

async function connect(candidate: Candidate, options: SessionOptions, tls: TlsSettings): Promise<Connection> {
  const { settings, nextHop } = options;
  const found =
    (await settings.login?.find(candidate.host)) ?? (await settings.login?.find(nextHop)) ?? undefined;
  const login = found === undefined ? undefined : readLogin(found);
  const tlsOptions = {
    host: candidate.host,
    ...(isNetworkAddress(candidate.host) ? {} : { servername: candidate.host }),
    rejectUnauthorized: tls.level === 'verify',
    ...tls.options,
  };
  const wrapper = tls.wrapper ? tlsOptions : undefined;
  const connection = new Connection(
    candidate.name,
    candidate.endpoint,
    shortened(settings.deadlines),
    wrapper,
  );
  const level = tls.level === 'may' ? 'may' : 'must';
  await handshake(connection, {
    introduction: settings,
    startTls: tls.level === 'none' || tls.wrapper ? undefined : { level, options: tlsOptions },
    login:
      login && settings.login
        ? { ...login, mechanisms: settings.login.mechanisms, inTheClear: settings.login.inTheClear }
        : undefined,
  });
  return connection;
}

function shortened(deadlines: Deadlines): Deadlines {
  const steps = Object.keys(defaultDeadlines) as Step[];
  return Object.fromEntries(
    steps.map((step) => [step, Math.min(deadlines[step], LONGEST_STEP_MS)]),
  ) as Record<Step, number>;
}
