/** The life of a worker process: read, assemble, listen, give up root, serve until told to stop. */
import { flushCompileCache } from 'node:module';
import { assembleLedger } from '../assembly/ledger.ts';
import { type Assembly, assemble, type Runtime } from '../main.ts';
import { openLog } from '../record/pino-log.ts';
import { complaintLine } from '../settings/complaint.ts';
import { type Configuration, readConfiguration } from '../settings/configuration.ts';
import { runTests } from '../trial/test-run.ts';
import { compileEarly } from './early-compilation.ts';
import { type FromWorker, type Mistake, POLICY_TESTS, type ToWorker } from './letters.ts';
import { becomeOwner, findServingUser, isRoot } from './privileges.ts';
import { RemoteCounters } from './shared-counters.ts';
import { Worker } from './worker.ts';

/** Serves the configuration of a directory; told what to do by the supervisor. */
export async function runWorker(directory: string): Promise<void> {
  const say = (letter: FromWorker) => {
    if (process.connected) process.send?.(letter);
  };
  const configuration = readConfiguration(directory);
  const { settings } = configuration;
  const log = openLog({
    file: settings.maillog_file,
    format: settings.maillog_format,
    name: settings.syslog_name,
  });
  const counters = new RemoteCounters(say);
  const ledger = assembleLedger(settings, log);
  const runtime: Runtime = { log, counters, ledger };
  process.on('uncaughtException', (error) =>
    log.error('internal error outside of any session', { error: error.stack }),
  );
  process.on('unhandledRejection', (error) => {
    log.error('internal error outside of any session', {
      error: error instanceof Error ? error.stack : String(error),
    });
  });
  const assembly = await assemble(configuration, runtime);
  const errors = assembly.complaints.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return say({ kind: 'failed', reasons: errors.map(complaintLine) });
  const failed = await failedTests(configuration);
  if (failed.length > 0 && process.env[POLICY_TESTS] === 'must pass')
    return say({ kind: 'failed', reasons: failed });
  for (const line of failed) log.error(line);
  const worker = new Worker(assembly, log);
  const stop = async (times: { patienceMs: number; atMostMs: number }) => {
    await worker.stop(times);
    await ledger?.close();
    log.flush();
    process.exit(0);
  };
  process.on('message', (letter: ToWorker) => {
    if (letter.kind === 'counted') counters.answered(letter);
    else void stop(letter);
  });
  process.on('disconnect', () => void stop({ patienceMs: 0, atMostMs: 0 })); // the supervisor is gone
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {}); // the supervisor tells us
  compileEarly(); // what runs at the start alone is not worth it
  await worker.listen();
  flushCompileCache(); // later it may belong to somebody else
  if (isRoot()) {
    const user = findServingUser(settings.mail_owner);
    becomeOwner(user);
  }
  assembly.watchLists();
  say({ kind: 'ready', mistakes: mistakesOf(assembly) });
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
