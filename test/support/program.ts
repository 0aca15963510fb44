/**
 * Commands, run as their users run them, though not each in a process of its own: one that waits for work starts the program
 * anew for each command, without loading it again. What is left open keeps a command from ending, as in a shell.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const RUNNER = join(import.meta.dirname, 'program-runner.ts');

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

const idle: ChildProcess[] = [];

/** Runs a command to its end. */
export async function portcullis(...args: readonly string[]): Promise<Ran> {
  const runner = idle.pop() ?? fork(RUNNER);
  hold(runner, 'ref');
  const died = new AbortController();
  runner.once('exit', () => died.abort(new Error(`portcullis ${args.join(' ')}: its process is gone`)));
  runner.send(args);
  const [ran] = (await once(runner, 'message', { signal: died.signal })) as [Ran];
  runner.removeAllListeners('exit');
  hold(runner, 'unref');
  idle.push(runner);
  return ran;
}

/** Whether a test file waits for it at its end. */
function hold(runner: ChildProcess, how: 'ref' | 'unref'): void {
  runner[how]();
  runner.channel?.[how]();
}
