/** Debian's smtp-sink (package postfix) on an ephemeral port of loopback, when it is installed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from '../support/free-port.ts';

const PROGRAM = '/usr/sbin/smtp-sink';

export interface SmtpSink {
  readonly port: number;
  stop(): void;
}

/** The reason when there is none. */
export async function startSmtpSink(...options: string[]): Promise<SmtpSink | string> {
  if (!existsSync(PROGRAM)) return 'smtp-sink (package postfix) is not installed';
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PROGRAM, [...user, ...options, `127.0.0.1:${port}`, '1000'], { stdio: 'ignore' });
  child.unref();
  for (let tries = 0; tries < 100; tries++) {
    if (await answers(port)) return { port, stop: () => child.kill() };
    if (hasEnded(child)) return `smtp-sink ended with status ${child.exitCode}`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  return 'smtp-sink does not answer';
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
