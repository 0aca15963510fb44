/**
 * check_policy_service: asks a policy service about the mail; what it answers counts as if it stood in an access table.
 * `Postfix: SMTPD_POLICY_README, check_policy_service`. A service that does not answer counts as its default action
 * (smtpd_policy_service_default_action).
 */
import type { Source } from '../mail/source.ts';
import { encodeXtext } from '../mail/xtext.ts';
import type { PolicyAttributes, PolicyService } from '../policy/policy-service.ts';
import { type Hearing, looked, type Question } from './question.ts';
import type { Answer, Judge } from './restriction.ts';
import type { Sources } from './sources.ts';

/** `Postfix: DEF_SMTPD_POLICY_DEF_ACTION`. */
const LAST_RESORT = '451 4.3.5 Server configuration problem';

/** Stages at which all recipients are known. */
const AFTER_RECIPIENTS: readonly string[] = ['DATA', 'BDAT', 'END-OF-MESSAGE'];

export function checkPolicyService(service: PolicyService, source: Source, sources: Sources): Judge {
  /** Where the default action was a list of restrictions: it must not end up here again. */
  const fallenBack = new WeakSet<Hearing>();
  const act = (value: string, q: Question): Answer =>
    sources.access.act({ value, key: q.subject.name, table: service.name, source }, q.subject, q);
  return async (q) => {
    const action = await service.ask(policyAttributes(q, sources), q.envelope?.id ?? '');
    looked(q, service.name, action ?? `no answer: ${service.defaultAction}`);
    if (action !== undefined) return act(action, q);
    if (fallenBack.has(q.hearing)) return act(LAST_RESORT, q);
    const answer = act(service.defaultAction, q);
    if (answer.kind === 'ask') fallenBack.add(q.hearing);
    return answer;
  };
}

/** All attributes of Postfix 3.7, in its order; policy_context is added by the client. */
export function policyAttributes(q: Question, { parameter }: Pick<Sources, 'parameter'>): PolicyAttributes {
  const { session, envelope } = q;
  const { client, server, tls, sasl } = session;
  const certificate = tls?.certificate;
  const trusted = certificate?.trusted ? certificate : undefined;
  const isCounted = AFTER_RECIPIENTS.includes(q.stage);
  return [
    ['request', 'smtpd_access_policy'],
    ['protocol_state', q.stage === 'BDAT' ? 'DATA' : q.stage],
    ['protocol_name', session.protocol],
    ['client_address', client.address],
    ['client_name', client.name],
    ['client_port', client.port],
    ['reverse_client_name', client.reverseName],
    ['server_address', server.address],
    ['server_port', server.port],
    ['helo_name', q.helo ?? ''],
    ['sender', q.sender?.text ?? ''],
    ['recipient', q.recipient?.text ?? ''],
    ['recipient_count', isCounted ? String(q.recipientCount) : '0'],
    ['queue_id', envelope?.recipients.length ? envelope.id : ''],
    ['instance', envelope?.id ?? ''],
    ['size', String(q.sizeBytes)],
    ['etrn_domain', q.etrnDomain ?? ''],
    ['stress', parameter('stress')?.text ?? ''],
    ['sasl_method', sasl?.method ?? ''],
    ['sasl_username', sasl?.username ?? ''],
    ['sasl_sender', envelope?.options.auth ?? ''],
    ['ccert_subject', encodeXtext(trusted?.subject ?? '')],
    ['ccert_issuer', encodeXtext(trusted?.issuer ?? '')],
    ['ccert_fingerprint', certificate?.fingerprint ?? ''],
    ['ccert_pubkey_fingerprint', certificate?.publicKeyFingerprint ?? ''],
    ['encryption_protocol', tls?.protocol ?? ''],
    ['encryption_cipher', tls?.cipher ?? ''],
    ['encryption_keysize', String(tls?.usedBits ?? 0)],
  ];
}
