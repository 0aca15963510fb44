/** A conversation with a next hop that came to no proper end: what went wrong and at which step. */
import { type Reply, replyText } from '../mail/reply.ts';
import { type Step, stepPhrase } from './step.ts';

export type FaultKind =
  /** no connection: refused, unreachable, timed out */
  | 'connect'
  /** connected, but a step took too long */
  | 'timeout'
  /** closed or reset by the other side */
  | 'lost'
  /** bytes that are no reply, or a reply that nobody asked for */
  | 'garbage'
  /** a proper reply that ends the conversation: a refused greeting or HELO, a refused login, 421 */
  | 'refused'
  /** no TLS where it is required, or a handshake that failed */
  | 'tls'
  /** we ended it ourselves: the mail was abandoned, its bytes could not be read, the program ends */
  | 'ended';

export class WireFault extends Error {
  readonly kind: FaultKind;
  readonly step: Step;
  /** The next hop's last words, when they were a reply. */
  readonly reply: Reply | undefined;
  readonly detail: string;

  constructor(kind: FaultKind, step: Step, detail: string, reply?: Reply) {
    super(sentence(kind, step, detail));
    this.kind = kind;
    this.step = step;
    this.detail = detail;
    this.reply = reply;
  }

  /** The same fault, noticed at this step. */
  at(step: Step): WireFault {
    return step === this.step ? this : new WireFault(this.kind, step, this.detail, this.reply);
  }
}

/** A reply that ends the conversation, as a fault. */
export function refusedBy(reply: Reply, step: Step): WireFault {
  return new WireFault('refused', step, replyText(reply), reply);
}

function sentence(kind: FaultKind, step: Step, detail: string): string {
  const why = detail === '' ? '' : `: ${detail}`;
  switch (kind) {
    case 'connect':
      return detail;
    case 'timeout':
      return `timed out while ${stepPhrase[step]}${why}`;
    case 'lost':
      return `lost connection while ${stepPhrase[step]}${why}`;
    case 'garbage':
      return `protocol error while ${stepPhrase[step]}${why}`;
    case 'refused':
      return `refused to talk to me while ${stepPhrase[step]}${why}`;
    case 'tls':
    case 'ended':
      return `${detail} (while ${stepPhrase[step]})`;
  }
}
