/** What a restriction answers. The loop that settles verdicts is restrictions/judge.ts; nobody else writes replies. */
import type { Reply } from './reply.ts';
import type { Source } from './source.ts';

export type Verdict =
  | { readonly kind: 'dunno' }
  | { readonly kind: 'permit' }
  /** `force`: a broken table or configuration, not a policy; `warn_if_reject` does not soften it. */
  | { readonly kind: 'reject'; readonly reply: Reply; readonly force?: true }
  | { readonly kind: 'discard'; readonly remark: string }
  | { readonly kind: 'postpone'; readonly until: 'permit' | 'reject'; readonly reply: Reply }
  | { readonly kind: 'note'; readonly note: Note };

/** A refusal, and what it comes from. */
export interface Reason {
  readonly reply: Reply;
  /** As in main.cf. */
  readonly restriction: string;
  readonly source: Source;
}

/** Orders and remarks that do not end the list; `remark` is how the log tells it. `Postfix: access(5), OTHER ACTIONS`. */
export type Note =
  | { readonly kind: 'prepend'; readonly header: string }
  | { readonly kind: 'bcc'; readonly address: string; readonly remark: string }
  | { readonly kind: 'redirect'; readonly address: string; readonly remark: string }
  | { readonly kind: 'filter'; readonly transport: string; readonly remark: string }
  | { readonly kind: 'hold'; readonly remark: string }
  | { readonly kind: 'discard'; readonly remark: string }
  | { readonly kind: 'warn'; readonly remark: string }
  | { readonly kind: 'info'; readonly remark: string };

export const dunno: Verdict = { kind: 'dunno' };
export const permit: Verdict = { kind: 'permit' };
