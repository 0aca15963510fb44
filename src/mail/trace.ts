/**
 * The trace of an attempt: one line for each restriction that was asked, with what it looked at and what it said.
 * Always on, since it is one array push; the ledger, `explain` and `rehearse` read it.
 */
import type { Source } from './source.ts';

export interface TraceStep {
  /** The list it stands in: `client`, `recipient`, ... */
  readonly list: string;
  /** As in main.cf: `check_client_access hash:/etc/postfix/clients`. */
  readonly restriction: string;
  readonly source: Source;
  /** How deep in classes and table results; 0 for the list itself. */
  readonly depth: number;
  /** What was looked up and what was found, in order: `client.example.com` -> `REJECT go away`, undefined: nothing. */
  readonly looked: { readonly key: string; readonly answer: string | undefined }[];
  /** `dunno`, `permit`, `reject`, ... */
  verdict: string;
  /** Milliseconds. */
  ms: number;
}

export class Trace {
  readonly steps: TraceStep[] = [];

  begin(list: string, restriction: string, source: Source, depth: number): TraceStep {
    const step: TraceStep = { list, restriction, source, depth, looked: [], verdict: 'dunno', ms: 0 };
    this.steps.push(step);
    return step;
  }
}
