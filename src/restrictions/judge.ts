/**
 * The loop that settles verdicts: asks the restrictions of a list in order until one decides.
 * `Postfix: generic_checks, smtpd_check_reject`. A broken table or configuration refuses for now, at once, and
 * `warn_if_reject` does not soften it.
 */
import { assertNever } from '../mail/assert-never.ts';
import { isPromise } from '../mail/maybe-promise.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { TraceStep } from '../mail/trace.ts';
import type { Reason } from '../mail/verdict.ts';
import { LookupFailure } from '../tables/table.ts';
import type { Hearing, Question } from './question.ts';
import {
  type Answer,
  type Restriction,
  type RestrictionList,
  ServerError,
  TemporaryLookupFailure,
} from './restriction.ts';

export type Outcome =
  | { readonly kind: 'dunno' }
  | { readonly kind: 'permit' }
  | ({ readonly kind: 'reject' } & Reason);

/** Lists within lists; a loop in the configuration ends here. `Postfix: check_table_result`. */
const MAX_DEPTH = 100;

const DUNNO: Outcome = { kind: 'dunno' };
const PERMIT: Outcome = { kind: 'permit' };

/** Asks a list. `softened`: refusals become warnings. */
export async function judge(
  list: RestrictionList,
  q: Question,
  depth = 0,
  softened = false,
): Promise<Outcome> {
  if (depth > MAX_DEPTH) throw new ServerError(`${list.name} refers to itself`);
  let prepared = false;
  for (const restriction of list.restrictions) {
    if (q.hearing.discarded) break;
    if (restriction.prepare && !prepared) {
      for (const other of list.restrictions) other.prepare?.(q);
      prepared = true;
    }
    const outcome = await judgeOne(list, restriction, q, depth, softened || restriction.softened === true);
    if (outcome !== DUNNO) return outcome;
    if (q.hearing.ifPermit && q.hearing.ifReject) break;
  }
  return DUNNO;
}

async function judgeOne(
  list: RestrictionList,
  restriction: Restriction,
  q: Question,
  depth: number,
  softened: boolean,
): Promise<Outcome> {
  const step = q.hearing.trace.begin({
    stage: q.stage,
    recipient: isAboutRecipient(q) ? q.recipient?.text : undefined,
    list: list.name,
    restriction: restriction.name,
    source: restriction.source,
    depth,
  });
  q.hearing.step = step;
  q.hearing.softening = softened;
  const began = performance.now();
  try {
    let answer = restriction.judge(q);
    if (isPromise(answer)) answer = await answer;
    if (answer.kind === 'ask') {
      step.verdict = 'ask';
      const { list: inner, subject = q.subject } = answer;
      return await judge(inner, { ...q, subject }, depth + 1, softened);
    }
    step.verdict = answer.kind === 'postpone' ? `postpone until ${answer.until}` : answer.kind;
    return settle(answer, restriction, q, softened);
  } catch (error) {
    const refusal = refusalFor(error);
    if (!refusal) throw error;
    step.verdict = 'reject';
    step.looked.push({ key: 'error', answer: (error as Error).message });
    return { kind: 'reject', reply: refusal, restriction: restriction.name, source: restriction.source };
  } finally {
    step.ms = performance.now() - began;
  }
}

/** Elsewhere the only recipient is known, but not what it is about. */
function isAboutRecipient({ stage }: Question): boolean {
  return stage === 'RCPT' || stage === 'VRFY';
}

function settle(
  answer: Exclude<Answer, { kind: 'ask' }>,
  restriction: Restriction,
  q: Question,
  softened: boolean,
): Outcome {
  const { hearing } = q;
  switch (answer.kind) {
    case 'dunno':
      return DUNNO;
    case 'permit':
      return PERMIT;
    case 'note':
      hearing.note(answer.note, q);
      return DUNNO;
    case 'discard':
      hearing.note({ kind: 'discard', remark: answer.remark }, q);
      hearing.discarded = true;
      return PERMIT;
    case 'postpone':
      if (answer.until === 'permit' && softened) warn(hearing.step, answer.reply, q);
      else postpone(answer, restriction, hearing);
      return DUNNO;
    case 'reject':
      if (softened && !answer.force) {
        warn(hearing.step, answer.reply, q);
        return DUNNO;
      }
      return refuse({ reply: answer.reply, restriction: restriction.name, source: restriction.source }, q);
    default:
      return assertNever(answer);
  }
}

/** The first reason counts. */
function postpone(
  { until, reply: answer }: Extract<Answer, { kind: 'postpone' }>,
  { name, source }: Restriction,
  hearing: Hearing,
): void {
  const reason = { reply: answer, restriction: name, source };
  if (until === 'reject') hearing.ifReject ??= reason;
  else hearing.ifPermit ??= reason;
}

/** An earlier temporary problem may have kept us from accepting: then it is that problem which is told. */
function refuse(reason: Reason, { hearing }: Question): Outcome {
  const earlier = hearing.ifReject;
  if (reason.reply.code < 500 || !earlier) return { kind: 'reject', ...reason };
  hearing.ifReject = undefined;
  return { kind: 'reject', ...earlier };
}

function warn(step: TraceStep | undefined, refusal: Reply, q: Question): void {
  if (step) step.verdict = 'warn';
  q.hearing.warned(refusal, q);
}

/** The refusal for a broken configuration or table; undefined for a bug. */
function refusalFor(error: unknown): Reply | undefined {
  if (error instanceof TemporaryLookupFailure) {
    return reply(451, '4.3.0', `<${error.subject}>: Temporary lookup failure`);
  }
  if (error instanceof ServerError || (error instanceof LookupFailure && error.reason === 'config')) {
    return reply(451, '4.3.5', 'Server configuration error');
  }
  if (error instanceof LookupFailure) return reply(451, '4.3.0', 'Temporary lookup failure');
  return undefined;
}
