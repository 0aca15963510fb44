/**
 * The judges after DATA of a service, from settings: header_checks and its kin, the MIME limits, what a queue does to
 * headers; and whoever else reads along. 8-bit mail is never converted (disable_mime_output_conversion has no effect):
 * signatures must survive, and the next hop is asked beforehand what it takes.
 * Unlike Postfix: a service with smtpd_proxy_filter checks content, too; it leaves alone what a queue would change.
 */
import { CharacterSet } from '../content/character-set.ts';
import type { CheckTable } from '../content/cleanup/check-table.ts';
import type { CleanupOptions } from '../content/cleanup/cleanup.ts';
import type { PrimaryHeaderOptions } from '../content/cleanup/primary-headers.ts';
import type { Content } from '../content/content.ts';
import { Inspection, type InspectionOptions, type MailOf } from '../content/inspection.ts';
import { MessageRules } from '../content/message-rules.ts';
import type { MessageWalkOptions } from '../content/message-walk.ts';
import type { MimeProblem } from '../content/mime/mime-problem.ts';
import { receivedField } from '../content/received.ts';
import type { Log } from '../record/log.ts';
import type { ParameterName } from '../settings/parameters.ts';
import type { Settings } from '../settings/settings.ts';
import type { AddressParts } from './addresses.ts';
import { assembleHeaderRewriters, senderMapping } from './header-rewriters.ts';
import type { Openers } from './openers.ts';

export interface ContentNeeds {
  readonly openers: Openers;
  readonly addresses: AddressParts;
  readonly log: Log;
  /** Where messages that do not fit into memory are kept while they pass. */
  readonly spoolDirectory: string;
  /** The service passes mail to smtpd_proxy_filter: a queue's rules are another's business. */
  readonly isProxied: boolean;
  /** Others who read along; each list in the order in which verdicts count. */
  readonly readers?: InspectionOptions['readers'];
  readonly inspectors?: InspectionOptions['inspectors'];
  readonly sealers?: InspectionOptions['sealers'];
  /** Headers of the message that are taken out, such as results in our name. */
  readonly isUnwanted?: CleanupOptions['isUnwanted'];
}

const SPOOL_MEMORY_BYTES = 1_048_576;
/** Clients wait ten minutes for the answer to their final dot (RFC 5321 4.5.3.2.6), some of them five. */
const VERDICT_TIMEOUT_MS = 240_000;

export function assembleContent(needs: ContentNeeds): Content {
  const { openers, log, spoolDirectory, isProxied } = needs;
  const { settings } = openers;
  const checking = !settings.receive_override_options.includes('no_header_body_checks');
  return new Inspection({
    spool: { directory: spoolDirectory, memoryLimitBytes: SPOOL_MEMORY_BYTES },
    checking,
    afterQueue: settings.after_queue ? settings.after_queue_action : undefined,
    checks: checking ? askedChecks(settings) : [],
    rules: new MessageRules({
      walk: walkOptions(settings),
      cleanup: cleanupOptions(needs),
      // a signature covers Date and Message-ID: they must be there before the next hop adds them
      queue: isProxied && !settings.dkim_sign ? undefined : queueOptions(needs),
      hasUnwanted: needs.isUnwanted !== undefined,
      log,
    }),
    stripped: characterSet(settings.message_strip_characters),
    readers: needs.readers ?? [],
    inspectors: checking ? (needs.inspectors ?? []) : [],
    receivedField: receivedFields(settings, isProxied),
    sealers: needs.sealers ?? [],
    verdictTimeoutMs: VERDICT_TIMEOUT_MS,
    log,
  });
}

const CHECKS = [
  'header_checks',
  'mime_header_checks',
  'nested_header_checks',
  'body_checks',
  'text_checks',
  'attachment_checks',
] as const;

/** The checks of this service that have tables, and where they are named. */
function askedChecks(settings: Settings): InspectionOptions['checks'] {
  return CHECKS.filter((check) => settings[check].length > 0).map((check) => ({
    check,
    source: settings.sourceOf(check),
  }));
}

function walkOptions(settings: Settings): MessageWalkOptions {
  return {
    lineLimitBytes: settings.line_length_limit,
    headerLimitBytes: settings.header_size_limit,
    boundaryLimitBytes: settings.mime_boundary_length_limit,
    nestingLimit: settings.mime_nesting_limit,
    flat: settings.disable_mime_input_processing,
    watch: watchedProblems(settings),
    rejected: characterSet(settings.message_reject_characters),
  };
}

function characterSet(text: string): CharacterSet | undefined {
  return text === '' ? undefined : new CharacterSet(text);
}

/** `Postfix: cleanup_message`: too deep a structure matters only to those who look at headers in it. */
function watchedProblems(settings: Settings): ReadonlySet<MimeProblem> {
  if (settings.disable_mime_input_processing) return new Set();
  const { strict_8bitmime: strict } = settings;
  const problems: [MimeProblem, boolean][] = [
    ['8-bit header', strict || settings.strict_7bit_headers],
    ['8-bit body', strict || settings.strict_8bitmime_body],
    ['encoding domain', settings.strict_mime_encoding_domain],
  ];
  const watched = new Set(problems.filter(([, isWatched]) => isWatched).map(([problem]) => problem));
  const { header_checks: own, mime_header_checks: parts, nested_header_checks: nested } = settings;
  if (watched.size + own.length + parts.length + nested.length > 0) watched.add('nesting');
  return watched;
}

function cleanupOptions({ openers, log, isUnwanted = () => false }: ContentNeeds): CleanupOptions {
  const { settings } = openers;
  return {
    headerChecks: {
      primary: checkTable(openers, 'header_checks'),
      part: checkTable(openers, 'mime_header_checks'),
      nested: checkTable(openers, 'nested_header_checks'),
    },
    bodyChecks: checkTable(openers, 'body_checks'),
    bodyCheckLimitBytes: settings.body_checks_size_limit,
    headerLimitBytes: settings.header_size_limit,
    isUnwanted,
    log,
  };
}

function checkTable(openers: Openers, name: ParameterName): CheckTable | undefined {
  const tables = openers.maps(name);
  return tables && { name, findInBytes: (bytes, start, end) => tables.findInBytes(bytes, start, end) };
}

function queueOptions({ openers, addresses }: ContentNeeds): PrimaryHeaderOptions {
  const { settings } = openers;
  const { local, remote } = assembleHeaderRewriters(openers, addresses);
  return {
    headerLimitBytes: settings.header_size_limit,
    drop: new Set(settings.message_drop_headers.map((name) => name.toLowerCase())),
    hopLimit: settings.hopcount_limit,
    tokenLimit: settings.header_address_token_limit,
    alwaysAddMissing: settings.always_add_missing_headers,
    undisclosedRecipients: settings.undisclosed_recipients_header,
    myhostname: settings.myhostname,
    localRewriter: local,
    remoteRewriter: remote,
    mapSender: senderMapping(addresses),
  };
}

/** By default a filter in front of the queue that is told of the original client is no hop of its own. */
function receivedFields(settings: Settings, isProxied: boolean) {
  const { smtpd_received_header: mode } = settings;
  const isHidden = ({ session }: MailOf) =>
    mode === 'no' || (mode === 'auto' && isProxied && session.forwarded !== undefined);
  const options = {
    myhostname: settings.myhostname,
    mailName: settings.mail_name,
    tlsHeader: settings.smtpd_tls_received_header,
    saslHeader: settings.smtpd_sasl_authenticated_header,
    hideClient: settings.smtpd_hide_client_session,
    asksCertificate: settings.smtpd_tls_ask_ccert || settings.smtpd_tls_req_ccert,
  };
  return (mail: MailOf): string =>
    isHidden(mail) ? '' : receivedField(mail.session, mail.envelope, options);
}
