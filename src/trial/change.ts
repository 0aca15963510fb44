/** What would become of a recorded attempt now, compared with what became of it. */
import type { Attempt } from '../record/attempt.ts';

export type ChangeKind =
  /** It came through, and would be refused. */
  | 'refused'
  /** It was refused, and would come through, as far as the envelope goes. */
  | 'accepted'
  /** It was deferred, and would be refused for good. */
  | 'harder'
  /** The other way round. */
  | 'softer';

export interface Change {
  readonly kind: ChangeKind;
  readonly recipient: string | undefined;
  readonly before: Attempt;
  readonly after: Attempt;
}

type Outcome = 'through' | 'deferred' | 'rejected';

const KINDS: Readonly<Record<Outcome, Partial<Record<Outcome, ChangeKind>>>> = {
  through: { deferred: 'refused', rejected: 'refused' },
  deferred: { through: 'accepted', rejected: 'harder' },
  rejected: { through: 'accepted', deferred: 'softer' },
};

/** Whether the judges before the content had their say: refusals of the conversation itself cannot be rehearsed. */
export function isJudged({ verdict, restriction, recipients, stage }: Attempt): boolean {
  if (verdict === 'abandon') return recipients.length > 0;
  return restriction !== undefined || stage === 'END-OF-MESSAGE' || verdict === 'accept';
}

/** One for each recipient that would fare otherwise. */
export function changesBetween(before: Attempt, after: readonly Attempt[]): Change[] {
  const old = outcomeOf(before);
  const recipients = before.recipients.length > 0 ? before.recipients : [undefined];
  return recipients.flatMap((recipient) => {
    const now = after.find((one) => isAbout(one, recipient));
    const kind = now && KINDS[old][outcomeOf(now)];
    return kind ? [{ kind, recipient, before, after: now }] : [];
  });
}

function isAbout({ recipients }: Attempt, recipient: string | undefined): boolean {
  return recipient === undefined || recipients.length === 0 || recipients.includes(recipient);
}

/** Of the envelope: what was refused for its content came so far. */
function outcomeOf({ verdict, stage }: Attempt): Outcome {
  if (stage === 'END-OF-MESSAGE') return 'through';
  if (verdict === 'reject') return 'rejected';
  return verdict === 'defer' ? 'deferred' : 'through';
}
