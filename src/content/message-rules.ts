/**
 * What happens to messages of one service while they pass, from its parameters: checks, rules of a queue, limits. It
 * makes the walk for each message, or none where there is nothing to do.
 */
import type { Log } from '../record/log.ts';
import { Cleanup, type CleanupOptions } from './cleanup/cleanup.ts';
import { MessageEdits } from './cleanup/message-edits.ts';
import { type PrimaryHeaderOptions, PrimaryHeaders } from './cleanup/primary-headers.ts';
import type { BegunWalk, WalkMaker } from './inspection.ts';
import type { Judgement } from './judgement.ts';
import { MessageWalk, type MessageWalkOptions } from './message-walk.ts';
import type { MimeProblem } from './mime/mime-problem.ts';
import { PartTeller } from './mime/part-teller.ts';
import { PartWalk } from './mime/part-walk.ts';
import type { PartInspector } from './part.ts';

export interface MessageRulesOptions {
  readonly walk: MessageWalkOptions;
  readonly cleanup: CleanupOptions;
  /** The rules of a queue; undefined: a filter in front of the queue gets messages as they came. */
  readonly queue: PrimaryHeaderOptions | undefined;
  /** Whether there are headers that `cleanup.isUnwanted` may not want. */
  readonly hasUnwanted: boolean;
  readonly log: Log;
}

export class MessageRules implements WalkMaker {
  readonly #options: MessageRulesOptions;

  constructor(options: MessageRulesOptions) {
    this.#options = options;
  }

  begin(judgement: Judgement, inspectors: readonly PartInspector[]): BegunWalk | undefined {
    const { walk, cleanup: options, queue, log } = this.#options;
    if (!this.#isNeeded(judgement, inspectors)) return undefined;
    const edits = new MessageEdits();
    const primary = queue && new PrimaryHeaders(queue, judgement, log);
    const cleanup = new Cleanup(options, judgement, edits, primary);
    const parts = inspectors.length > 0 ? this.#parts(inspectors, cleanup) : undefined;
    const watch = judgement.isChecking ? walk.watch : NOTHING;
    return {
      walk: new MessageWalk({ ...walk, watch }, { cleanup, edits, judgement, parts }),
      edits,
      messageId: () => cleanup.messageId,
      settle: () => cleanup.settleProblems(),
    };
  }

  #isNeeded(judgement: Judgement, inspectors: readonly PartInspector[]): boolean {
    const { walk, cleanup, queue, hasUnwanted } = this.#options;
    const { headerChecks, bodyChecks } = cleanup;
    const hasChecks = bodyChecks !== undefined || Object.values(headerChecks).some((checks) => checks);
    const checks = judgement.isChecking && (hasChecks || walk.watch.size > 0 || walk.rejected !== undefined);
    return checks || queue !== undefined || hasUnwanted || inspectors.length > 0;
  }

  /** A structure that nobody can follow is refused at once. */
  #parts(inspectors: readonly PartInspector[], cleanup: Cleanup): PartWalk {
    const { nestingLimit, lineLimitBytes } = this.#options.walk;
    const problem = (what: MimeProblem, text: Buffer) => {
      cleanup.problem(what, text);
      cleanup.settleProblems();
    };
    const limits = { nestingLimit, lineLimitBytes, problem, count: { parts: 0 } };
    const listener = new PartTeller({ inspectors, ...limits });
    return new PartWalk({ ...limits, listener, prefix: '', depth: 0 });
  }
}

const NOTHING: ReadonlySet<MimeProblem> = new Set();
