/**
 * check_greylist: newcomers are told to come back. Parameters: greylist_whitelist, greylist_message, greylist_training,
 * greylist_failure_action; memory/greylist.ts has the others. Like the policy services gld and postgrey it defers what
 * would be accepted (450 4.2.0), so that a refusal further on is heard at once.
 * Not asked about: users who logged in, correspondents whose sender is proven, hosts that are known not to come back,
 * postmaster and abuse.
 */
import type { Address } from '../mail/address.ts';
import { dunno } from '../mail/verdict.ts';
import type { GreylistAnswer } from '../memory/greylist.ts';
import { isExemptHost } from '../memory/greylist-exempt-hosts.ts';
import { StoreFailure } from '../memory/store.ts';
import { findHostName, findMailAddress, findNetworkAddress } from '../tables/search-order.ts';
import { rejectedText } from './access-result.ts';
import { isCorrespondent } from './correspondent.ts';
import { looked, type Question } from './question.ts';
import { type Answer, type Judge, postpone } from './restriction.ts';
import type { Sources } from './sources.ts';

/** Everybody must be able to complain. As in postgrey's list of recipients. */
const OPEN_TO_ALL = /^(?:postmaster|abuse)(?:@|$)/i;
const STATUS = '4.2.0';
const HEADER = 'X-Greylist';

export function checkGreylist(sources: Sources): Judge {
  return async (q) => {
    const recipients = q.recipient ? [q.recipient] : (q.envelope?.recipients.map((one) => one.address) ?? []);
    const { sender } = q;
    if (!sender || recipients.length === 0) return dunno;
    const exemption = await exemptionOf(q, sender, sources);
    if (exemption !== undefined) {
      looked(q, 'exempt', exemption);
      return dunno;
    }
    try {
      return await judge(q, sender, recipients, sources);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      looked(q, 'memory', error.message);
      return failed(q, sources);
    }
  };
}

async function judge(
  q: Question,
  sender: Address,
  recipients: readonly Address[],
  sources: Sources,
): Promise<Answer> {
  const { list } = sources.memory.greylisting;
  const identities = await sources.memory.identities.find({ ...q, sender });
  const answers: GreylistAnswer[] = [];
  for (const recipient of recipients) {
    const exemption = await recipientExemption(recipient, sources);
    if (exemption !== undefined) {
      looked(q, `exempt ${recipient.text}`, exemption);
      continue;
    }
    const answer = await list.judge({ identities, sender, recipient });
    looked(q, `${answer.identity.key} <${sender.text}> <${recipient.text}>`, describe(answer));
    answers.push(answer);
  }
  return decide(q, answers, recipients, sources);
}

function decide(
  q: Question,
  answers: readonly GreylistAnswer[],
  [recipient]: readonly Address[],
  sources: Sources,
): Answer {
  const { training, by } = sources.memory.greylisting;
  const waits = answers.flatMap((answer) => (answer.kind === 'wait' ? [answer.remainingMs] : []));
  if (waits.length > 0 && !training) {
    const seconds = Math.max(1, Math.ceil(Math.max(...waits) / 1_000));
    const text = waitText(sources.memory.greylisting.message, seconds, recipient?.domain ?? '');
    return postpone('permit', sources.codes.access_map_defer_code, STATUS, rejectedText(q.subject, text));
  }
  const delays = answers.flatMap((answer) => (answer.kind === 'returned' ? [answer.delayMs] : []));
  if (delays.length === 0 || hasHeader(q)) return dunno;
  const seconds = Math.round(Math.max(...delays) / 1_000);
  const date = new Date().toUTCString().replace('GMT', '+0000');
  const header = `${HEADER}: delayed ${seconds} seconds by ${by}; ${date}`;
  return { kind: 'note', note: { kind: 'prepend', header } };
}

/** The operator's sentence with the seconds in it; behind it when it has no place for them. As in postgrey. */
function waitText(message: string, seconds: number, domain: string): string {
  const text = message.replaceAll('%r', () => domain);
  return text.includes('%s') ? text.replaceAll('%s', String(seconds)) : `${text} (in ${seconds} seconds)`;
}

function hasHeader({ envelope }: Question): boolean {
  return envelope?.orders.prepend.some((line) => line.startsWith(`${HEADER}:`)) ?? false;
}

function failed(q: Question, { memory }: Sources): Answer {
  if (memory.greylisting.failureAction === 'dunno' || memory.greylisting.training) return dunno;
  const text = rejectedText(q.subject, 'Greylisting is not available now, please try later');
  return postpone('permit', 450, '4.3.0', text);
}

function describe(answer: GreylistAnswer): string {
  switch (answer.kind) {
    case 'known':
      return 'known';
    case 'trusted':
      return `trusted after ${answer.returns} returns`;
    case 'returned':
      return `returned after ${Math.round(answer.delayMs / 1_000)} s`;
    case 'wait':
      return `${answer.isNew ? 'new' : 'early'}: ${Math.ceil(answer.remainingMs / 1_000)} s left`;
  }
}

/** Why the client or the sender need not wait. */
async function exemptionOf(q: Question, sender: Address, sources: Sources): Promise<string | undefined> {
  const { client, sasl } = q.session;
  if (sasl) return `logged in as ${sasl.username}`;
  if (isExemptHost(client)) return `${client.name} is one of the hosts that need not wait`;
  const { whitelist } = sources.memory.greylisting;
  if (whitelist) {
    const byName =
      client.nameStatus === 'ok'
        ? await findHostName(whitelist, client.name, sources.parentStyle)
        : undefined;
    const entry =
      byName ?? (await findNetworkAddress(whitelist, client.address)) ?? (await findAddress(sender, sources));
    if (entry && !isException(entry.value)) return `greylist_whitelist has ${entry.key}`;
  }
  return (await isCorrespondent(q, sender, sources)) ? 'a correspondent' : undefined;
}

async function recipientExemption(recipient: Address, sources: Sources): Promise<string | undefined> {
  if (OPEN_TO_ALL.test(recipient.text)) return 'open to all';
  const entry = await findAddress(recipient, sources);
  return entry && !isException(entry.value) ? `greylist_whitelist has ${entry.key}` : undefined;
}

function findAddress(address: Address, { memory, parentStyle, recipientDelimiter }: Sources) {
  const { whitelist } = memory.greylisting;
  if (!whitelist || address.text === '') return undefined;
  return findMailAddress(whitelist, address, { order: 'access', parentStyle, recipientDelimiter });
}

const isException = (value: string) => /^dunno\b/i.test(value);
