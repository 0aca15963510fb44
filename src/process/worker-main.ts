/** The life of a worker process: read, assemble, wait for the word, listen, give up root, serve until told to stop. */
import { flushCompileCache } from 'node:module';
import { assembleLedger } from '../assembly/ledger.ts';
import { type Assembly, assemble } from '../main.ts';
import type { Log } from '../record/log.ts';
import { openLog } from '../record/pino-log.ts';
import { complaintLine } from '../settings/complaint.ts';
import { type Configuration, readConfiguration } from '../settings/configuration.ts';
import { runTests } from '../trial/test-run.ts';
import { compileEarly } from './early-compilation.ts';
import { type FromWorker, type Mistake, POLICY_TESTS, type ToWorker } from './letters.ts';
import { becomeOwner, findServingUser, isRoot } from './privileges.ts';
import { type CountAnswer, RemoteCounters } from './shared-counters.ts';
import { Worker } from './worker.ts';

/** Serves the configuration of a directory; told what to do by the supervisor. */
export async function runWorker(directory: string): Promise<void> {
  const say = (letter: FromWorker) => {
    if (process.connected) process.send?.(letter);
  };
  try {
    await prepare(directory, say);
  } catch (error) {
    say({ kind: 'failed', reasons: [(error as Error).message] });
    throw error;
  }
}

async function prepare(directory: string, say: (letter: FromWorker) => void): Promise<void> {
  const configuration = readConfiguration(directory);
  const { settings } = configuration;
  const log = openLog({
    file: settings.maillog_file,
    format: settings.maillog_format,
    name: settings.syslog_name,
  });
  logBugs(log);
  const counters = new RemoteCounters(say);
  const ledger = assembleLedger(settings, log);
  const assembly = await assemble(configuration, { log, counters, ledger });
  const worker = new Worker(assembly, log);
  obey({
    counted: (answer) => counters.answered(answer),
    async serve() {
      await openDoors(worker, settings.mail_owner);
      assembly.watchLists();
      say({ kind: 'ready' });
    },
    cannotServe: ({ message }) => say({ kind: 'failed', reasons: [message] }),
    async stop(times) {
      await worker.stop(times);
      await ledger?.close();
      log.flush();
      process.exit(0);
    },
  });
  const reasons = await objections(configuration, assembly, log);
  say(
    reasons.length > 0 ? { kind: 'failed', reasons } : { kind: 'prepared', mistakes: mistakesOf(assembly) },
  );
}

function logBugs(log: Log): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) =>
      log.error('internal error outside of any session', {
        error: error instanceof Error ? error.stack : String(error),
      }),
    );
  }
}

interface Orders {
  counted(answer: CountAnswer): void;
  serve(): Promise<void>;
  cannotServe(error: Error): void;
  stop(times: { patienceMs: number; atMostMs: number }): Promise<void>;
}

/** Signals are the supervisor's business, and without it nobody serves. */
function obey(orders: Orders): void {
  process.on('message', (letter: ToWorker) => {
    if (letter.kind === 'counted') orders.counted(letter);
    else if (letter.kind === 'serve') orders.serve().catch(orders.cannotServe);
    else void orders.stop(letter);
  });
  process.on('disconnect', () => void orders.stop({ patienceMs: 0, atMostMs: 0 }));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
}

/** Listens, gives up root, and only then lets clients in. */
async function openDoors(worker: Worker, mailOwner: string): Promise<void> {
  compileEarly(); // what runs at the start alone is not worth it
  await worker.listen();
  flushCompileCache(); // later it may belong to somebody else
  if (isRoot()) becomeOwner(findServingUser(mailOwner));
  worker.letIn();
}

/** Why this configuration must not be served. */
async function objections(configuration: Configuration, assembly: Assembly, log: Log): Promise<string[]> {
  const errors = assembly.complaints.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return errors.map(complaintLine);
  const failed = await failedTests(configuration);
  if (process.env[POLICY_TESTS] === 'must pass') return failed;
  for (const line of failed) log.error(line);
  return [];
}

/** The tests beside the configuration, if this process is the one to run them. */
async function failedTests(configuration: Configuration): Promise<string[]> {
  if (process.env[POLICY_TESTS] === undefined) return [];
  const { complaints } = await runTests(configuration);
  return complaints.map(complaintLine);
}

function mistakesOf({ broken }: Assembly): Mistake[] {
  return broken.map((complaint) => ({
    key: `${complaint.source.file}: ${complaint.problem}`,
    line: complaintLine(complaint),
  }));
}
