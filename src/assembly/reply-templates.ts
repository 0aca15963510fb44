/**
 * The last word on replies: `$name` in templates, smtpd_reject_footer and its maps, soft_bounce.
 * Parameters: default_rbl_reply, rbl_reply_maps, smtpd_expansion_filter, smtpd_reject_footer, smtpd_reject_footer_maps,
 * soft_bounce. `Postfix: smtpd_expand.c, smtp_reply_footer.c`.
 */
import type { Address } from '../mail/address.ts';
import { nameAddress } from '../mail/client.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { type Reply, replyText, softened } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Log } from '../record/log.ts';
import type { Question } from '../restrictions/question.ts';
import type { ReplyContext } from '../server/service.ts';
import { expand } from '../settings/macros.ts';
import type { Settings } from '../settings/settings.ts';
import type { Table } from '../tables/table.ts';

interface About {
  readonly session: Session;
  readonly sender?: Address | undefined;
  readonly recipient?: Address | undefined;
}

/** Attributes of the session that templates may use. */
const ATTRIBUTES: Record<string, (about: About, settings: Settings) => string> = {
  client: ({ session }) => nameAddress(session.client),
  client_address: ({ session }) => session.client.address,
  client_name: ({ session }) => session.client.name,
  client_port: ({ session }) => session.client.port,
  reverse_client_name: ({ session }) => session.client.reverseName,
  helo_name: ({ session }) => session.helo ?? '',
  sender: ({ sender }) => whole(sender),
  sender_name: ({ sender }) => (sender ? sender.local || '<>' : ''),
  sender_domain: ({ sender }) => sender?.domain ?? '',
  recipient: ({ recipient }) => whole(recipient),
  recipient_name: ({ recipient }) => recipient?.local ?? '',
  recipient_domain: ({ recipient }) => recipient?.domain ?? '',
  server_name: (_about, settings) => settings.myhostname,
  localtime: () => localTime(new Date()),
};

function whole(address: Address | undefined): string {
  return address ? address.text || '<>' : '';
}

/** `Nov 22 04:36:01` */
function localTime(now: Date): string {
  const month = now.toLocaleString('en-US', { month: 'short' });
  const two = (n: number) => String(n).padStart(2, '0');
  return `${month} ${two(now.getDate())} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

function expandFor(
  template: string,
  about: About,
  more: Readonly<Record<string, string>>,
  settings: Settings,
  log: Log,
): string {
  const lookup = (name: string) => {
    const value = more[name] ?? ATTRIBUTES[name]?.(about, settings);
    if (value === undefined) log.warn(`unknown macro name "${name}" in expansion request`);
    return value;
  };
  return expand(template, lookup, { allowed: settings.smtpd_expansion_filter });
}

/** Expands a reply template for a question. */
export function replyExpander(settings: Settings, log: Log) {
  return (template: string, q: Question, more: Readonly<Record<string, string>>): string =>
    expandFor(template, q, more, settings, log);
}

/** What every refusal goes through before it is sent. */
export function replyFinisher(settings: Settings, footerMaps: Table | undefined, log: Log) {
  const { soft_bounce: soft, smtpd_reject_footer: footer } = settings;
  if (!footerMaps && footer === '') return (answer: Reply) => (soft ? softened(answer) : answer);
  return (answer: Reply, about: ReplyContext): MaybePromise<Reply> => {
    const told = soft ? softened(answer) : answer;
    const add = (text: string | undefined) => withFooter(told, text ?? footer, about, settings, log);
    const found = footerMaps?.find(replyText(told));
    return isPromise(found) ? found.then(add) : add(found);
  };
}

/** `\c` at the start glues the footer to the last line; `\n` in it begins a new one. */
function withFooter(
  answer: Reply,
  footer: string,
  { session, envelope, ledgerId }: ReplyContext,
  settings: Settings,
  log: Log,
): Reply {
  if (footer === '') return answer;
  const glued = footer.startsWith('\\c');
  const about = { session, sender: envelope?.sender, recipient: envelope?.recipients[0]?.address };
  const lines = footer
    .slice(glued ? 2 : 0)
    .split('\\n')
    .map((line) => expandFor(line, about, { ledger_id: ledgerId }, settings, log));
  const [first = '', ...rest] = lines;
  if (!glued) return { ...answer, lines: [...answer.lines, ...lines] };
  const last = (answer.lines.at(-1) ?? '') + first;
  return { ...answer, lines: [...answer.lines.slice(0, -1), last, ...rest] };
}
