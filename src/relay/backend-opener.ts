/**
 * Opens one connection to a next hop: its addresses in turn, TLS, login, EHLO. Each address that fails is one warning
 * in the log; when all fail it throws Unreachable. Postfix: smtp_connect.c, `smtp_fallback_relay` (as one more
 * destination). Opportunistic TLS that fails is tried once more without TLS, as Postfix does.
 */
import { isNetworkAddress } from '../mail/host-syntax.ts';
import type { Log } from '../record/log.ts';
import { Connection } from '../smtp/connection.ts';
import { type HandshakeOptions, handshake } from '../smtp/handshake.ts';
import { type Login, readLogin } from '../smtp/login.ts';
import { WireFault } from '../smtp/wire-fault.ts';
import type { ClientSettings, TlsSettings } from './client-settings.ts';
import { faultReply, faultSentence, temporary } from './fault-reply.ts';
import { type Candidate, candidates, type HostSources } from './host-candidates.ts';
import { type DeliveringHop, formatDestination } from './next-hop.ts';
import { Unreachable } from './unreachable.ts';

export class BackendOpener {
  readonly #sources: HostSources;
  readonly #log: Log;
  /** Connections that are being opened. */
  readonly #opening = new Set<Connection>();

  constructor(sources: HostSources, log: Log) {
    this.#sources = sources;
    this.#log = log;
  }

  /** A connection that is ready for MAIL. Throws Unreachable; everything is logged then. */
  async open(hop: DeliveringHop): Promise<Connection> {
    const { settings } = hop;
    let last: Unreachable | undefined;
    for (const destination of hop.destinations) {
      try {
        return await this.#openOne(
          hop,
          candidates(destination, settings, this.#sources),
          formatDestination(destination),
        );
      } catch (error) {
        last = error instanceof Unreachable ? error : this.#unexpected(hop, error);
      }
    }
    return Promise.reject(
      last ?? new Unreachable('no destination', temporary('4.4.4', 'no next hop', settings.style)),
    );
  }

  /** Gives up on whatever is being opened. */
  close(): void {
    for (const connection of this.#opening) connection.destroy('the gateway ends');
  }

  async #openOne(hop: DeliveringHop, all: AsyncGenerator<Candidate>, nextHop: string): Promise<Connection> {
    const { settings } = hop;
    let last: WireFault | undefined;
    let addresses = 0;
    let sessions = 0;
    try {
      for await (const candidate of all) {
        try {
          return await this.#openAt(candidate, settings, nextHop);
        } catch (fault) {
          if (!(fault instanceof WireFault)) throw fault;
          last = fault;
          this.#log.warn(
            faultSentence(fault, candidate.name, settings.style),
            factsOf(candidate.name, fault),
          );
          if (fault.kind !== 'connect') sessions++;
        }
        if (++addresses >= settings.addressLimit || sessions >= settings.sessionLimit) break;
      }
    } catch (error) {
      if (error instanceof Unreachable) this.#log.warn(error.message, { backend: nextHop });
      throw error;
    }
    if (last === undefined)
      throw new Unreachable('no address', temporary('4.4.4', 'no next hop', settings.style));
    throw new Unreachable(last.message, faultReply(last, settings.style));
  }

  async #openAt(candidate: Candidate, settings: ClientSettings, nextHop: string): Promise<Connection> {
    const { tls } = settings;
    const login = await loginFor(candidate, settings, nextHop);
    try {
      return await this.#shakeHands(candidate, settings, tls, login);
    } catch (fault) {
      const opportunistic = tls.level === 'may' && !tls.wrapper;
      if (!opportunistic || !(fault instanceof WireFault) || fault.kind !== 'tls') throw fault;
      this.#log.warn(`${faultSentence(fault, candidate.name, settings.style)}; trying without TLS`);
      return this.#shakeHands(candidate, settings, { ...tls, level: 'none' }, login);
    }
  }

  async #shakeHands(
    candidate: Candidate,
    settings: ClientSettings,
    tls: TlsSettings,
    login: HandshakeOptions['login'],
  ): Promise<Connection> {
    const options = tlsOptions(candidate, tls);
    const wrapper = tls.wrapper ? options : undefined;
    const connection = new Connection(candidate.name, candidate.endpoint, settings.deadlines, wrapper);
    const wanted = tls.level === 'none' || tls.wrapper ? undefined : tls.level === 'may' ? 'may' : 'must';
    this.#opening.add(connection);
    try {
      await handshake(connection, {
        introduction: settings,
        startTls: wanted === undefined ? undefined : { level: wanted, options },
        login,
      });
      return connection;
    } finally {
      this.#opening.delete(connection);
    }
  }

  #unexpected(hop: DeliveringHop, error: unknown): Unreachable {
    const sentence = `next hop ${hop.text}: ${error instanceof Error ? error.message : String(error)}`;
    this.#log.warn(sentence, { backend: hop.text });
    return new Unreachable(
      sentence,
      temporary('4.3.0', 'the next hop cannot be asked now', hop.settings.style),
    );
  }
}

/** What the log keeps of a fault beside the sentence. */
export function factsOf(backend: string, fault: WireFault): Readonly<Record<string, unknown>> {
  return { backend, step: fault.step, reason: fault.kind };
}

/** `Postfix: smtp_sasl_password_maps` is asked for the host, then for the next hop. */
async function loginFor(
  candidate: Candidate,
  settings: ClientSettings,
  nextHop: string,
): Promise<HandshakeOptions['login']> {
  const { login } = settings;
  if (login === undefined) return undefined;
  const text = (await login.find(candidate.host)) ?? (await login.find(nextHop));
  const found: Login | undefined = text === undefined ? undefined : readLogin(text);
  return found === undefined
    ? undefined
    : { ...found, mechanisms: login.mechanisms, inTheClear: login.inTheClear };
}

function tlsOptions(candidate: Candidate, tls: TlsSettings): TlsSettings['options'] {
  const servername = isNetworkAddress(candidate.host) ? {} : { servername: candidate.host };
  return { host: candidate.host, ...servername, rejectUnauthorized: tls.level === 'verify', ...tls.options };
}
