/**
 * What is written down of an address that was verified. `Postfix: verify(8)`, "status:probed:updated:text"; here
 * `deliverable PROBED UPDATED TEXT`, times in milliseconds since 1970 and 0 for never.
 */

/** `todo`: nothing is known yet, somebody is asking. */
export type VerifyStatus = 'deliverable' | 'undeliverable' | 'unknown' | 'todo';

export interface VerifyRecord {
  readonly status: VerifyStatus;
  /** When a probe was sent that has not come back; 0: none is under way. */
  readonly probedAt: number;
  /** When the result came. */
  readonly updatedAt: number;
  readonly text: string;
}

const FORM = /^(deliverable|undeliverable|unknown|todo) (\d{1,15}) (\d{1,15}) (.*)$/s;

/** Undefined for what nobody of us has written. */
export function readVerify(value: string | undefined): VerifyRecord | undefined {
  const [, status, probedAt, updatedAt, text = ''] = FORM.exec(value ?? '') ?? [];
  if (status === undefined) return undefined;
  return {
    status: status as VerifyStatus,
    probedAt: Number(probedAt),
    updatedAt: Number(updatedAt),
    text,
  };
}

export function writeVerify({ status, probedAt, updatedAt, text }: VerifyRecord): string {
  return `${status} ${probedAt} ${updatedAt} ${text}`;
}
