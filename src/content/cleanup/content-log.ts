/** The log lines of content checks, as cleanup(8) writes them. `Postfix: cleanup_act_log, cleanup_mime_error_callback`. */
import { externalForm } from '../../mail/address.ts';
import { nameAddress } from '../../mail/client.ts';
import { decodeOctets } from '../../mail/octets.ts';
import { printable } from '../../mail/reply.ts';
import type { Log } from '../../record/log.ts';
import type { Judgement } from '../judgement.ts';

const MOST_EVIDENCE = 200;
const MOST_PROBLEM = 100;
const MOST_TEXT = 1_000;

/** Octets for the log: one line, nothing that is not printable. */
export function logText(bytes: Buffer, mostBytes = MOST_EVIDENCE): string {
  return oneLine(decodeOctets(bytes.subarray(0, mostBytes)));
}

/** The same for text. */
export function oneLine(text: string): string {
  return printable(text, '?').replace(/[\ud800-\udfff]/gu, '?');
}

interface ContentNote {
  /** `reject`, `warning`, ... */
  readonly what: string;
  readonly context: string;
  readonly evidence: string;
  readonly text: string;
}

/** `ID: reject: header Subject: x from name[address]; from=<a> to=<b> proto=ESMTP helo=<c>: 5.7.1 text` */
export function logContent(
  log: Log,
  judgement: Judgement,
  { what, context, evidence, text }: ContentNote,
): void {
  const { id } = judgement.envelope;
  const told = text === '' ? '' : `: ${oneLine(text.slice(0, MOST_TEXT))}`;
  log.info(`${id}: ${what}: ${context} ${evidence} from ${origin(judgement)};${parties(judgement)}${told}`, {
    daemon: 'cleanup',
    event: what,
  });
}

/** `ID: reject: mime-error PROBLEM: text from name[address]; from=<a> to=<b>` */
export function logMimeProblem(log: Log, judgement: Judgement, problem: string, text: Buffer): void {
  const { id, sender, recipients } = judgement.envelope;
  const to = recipients[0] ? externalForm(recipients[0].address) : 'unknown';
  const ends = `from=<${externalForm(sender)}> to=<${to}>`;
  log.info(
    `${id}: reject: mime-error ${problem}: ${logText(text, MOST_PROBLEM)} from ${origin(judgement)}; ${ends}`,
    {
      daemon: 'cleanup',
      event: 'reject',
    },
  );
}

function origin({ session }: Judgement): string {
  return nameAddress(session.forwarded ?? session.client);
}

function parties({ session, envelope }: Judgement): string {
  const [first] = envelope.recipients;
  const helo = session.forwarded?.helo ?? session.helo;
  const to = first ? ` to=<${externalForm(first.address)}>` : '';
  const proto = session.forwarded?.protocol ?? session.protocol;
  return ` from=<${externalForm(envelope.sender)}>${to} proto=${proto}${helo === undefined ? '' : ` helo=<${helo}>`}`;
}
