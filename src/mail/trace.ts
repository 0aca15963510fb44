/**
 * The trace of an attempt: one line for each restriction that was asked, with what it looked at and what it said.
 * Always on, since it is one array push; the ledger, `explain` and `rehearse` read it.
 */
import type { Source } from './source.ts';

/** What was looked up and what was found; undefined: nothing. */
export interface Looked {
  readonly key: string;
  readonly answer: string | undefined;
  /** The row of the table. */
  readonly source?: Source | undefined;
}

export interface TraceStep {
  /** The command under judgement: `CONNECT`, `RCPT`, `END-OF-MESSAGE`. */
  readonly stage: string;
  /** Whom it is about, at RCPT. */
  readonly recipient?: string | undefined;
  /** The list it stands in: `client`, `recipient`, ...; `content` for what looks into the message, `relay` for the next hop. */
  readonly list: string;
  /** As in main.cf: `check_client_access hash:/etc/postfix/clients`. */
  readonly restriction: string;
  readonly source: Source;
  /** How deep in classes and table results; 0 for the list itself. */
  readonly depth: number;
  /** In order: `client.example.com` -> `REJECT go away`. */
  readonly looked: Looked[];
  /** `dunno`, `permit`, `reject`, ... */
  verdict: string;
  /** Milliseconds. */
  ms: number;
}

/** What is known when a step begins. */
export type BegunStep = Pick<TraceStep, 'stage' | 'list' | 'restriction' | 'source'> &
  Partial<Pick<TraceStep, 'recipient' | 'depth' | 'looked' | 'verdict'>>;

/** Steps that a trace keeps: a mail to a thousand recipients must not have a story without end. */
const MOST_STEPS = 1_000;

export class Trace {
  readonly steps: TraceStep[] = [];
  /** Steps that found no room. */
  leftOut = 0;

  begin({
    stage,
    recipient,
    list,
    restriction,
    source,
    depth = 0,
    looked = [],
    verdict = 'dunno',
  }: BegunStep): TraceStep {
    const step: TraceStep = { stage, recipient, list, restriction, source, depth, looked, verdict, ms: 0 };
    this.#push(step);
    return step;
  }

  /** What happened elsewhere goes on here. */
  append(other: Trace): void {
    for (const step of other.steps) this.#push(step);
    this.leftOut += other.leftOut;
  }

  /** The part that belongs to one stage. */
  of(stage: string): Trace {
    const part = new Trace();
    for (const step of this.steps) if (step.stage === stage) part.#push(step);
    return part;
  }

  #push(step: TraceStep): void {
    if (this.steps.length < MOST_STEPS) this.steps.push(step);
    else this.leftOut += 1;
  }
}
