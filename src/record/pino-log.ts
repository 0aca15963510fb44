/**
 * The log, written by pino: JSON objects, or lines that look like Postfix's for log tools that know those.
 * Parameters: maillog_file, maillog_format, syslog_name. Lines are collected for a moment before they are written.
 */
import { mkdirSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import pino from 'pino';
import { CollectedWrites } from './collected-writes.ts';
import type { Log } from './log.ts';

export interface LogOptions {
  /** A path; `/dev/stdout` and `/dev/stderr` as well. */
  readonly file: string;
  readonly format: 'json' | 'postfix';
  /** `postfix` in `postfix/smtpd[12]:` */
  readonly name: string;
}

export interface LogFile extends Log {
  /** Writes out what is waiting, at once. */
  flush(): void;
}

type Level = 'info' | 'warn' | 'error';

/** Opens the file at once, while the process may still write everywhere. Throws when it cannot. */
export function openLog({ file, format, name }: LogOptions): LogFile {
  const destination = new CollectedWrites(STANDARD[file] ?? openFile(file));
  const write = format === 'json' ? jsonWriter(destination) : lineWriter(destination, name);
  return {
    info: (sentence, facts) => write('info', sentence, facts),
    warn: (sentence, facts) => write('warn', sentence, facts),
    error: (sentence, facts) => write('error', sentence, facts),
    ...(format === 'json' && { aside: (sentence, facts) => write('info', sentence, facts) }),
    flush: () => destination.flushSync(),
  };
}

const STANDARD: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2, '-': 1 };

function openFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a', 0o640);
}

type Write = (level: Level, sentence: string, facts: Readonly<Record<string, unknown>> | undefined) => void;

function jsonWriter(destination: CollectedWrites): Write {
  const logger = pino(
    {
      base: { pid: process.pid },
      timestamp: isoField,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (level, sentence, facts) => (facts ? logger[level](facts, sentence) : logger[level](sentence));
}

/** `Nov 22 04:36:01 mx postfix/smtpd[12]: warning: sentence` */
function lineWriter(destination: CollectedWrites, name: string): Write {
  const host = hostname().split('.')[0];
  const words: Record<Level, string> = { info: '', warn: 'warning: ', error: 'error: ' };
  return (level, sentence, facts) => {
    const daemon = typeof facts?.daemon === 'string' ? facts.daemon : 'smtpd';
    const text = sentence.replace(/[\r\n]+/g, ' ');
    destination.write(`${timestamp()} ${host} ${name}/${daemon}[${process.pid}]: ${words[level]}${text}\n`);
  };
}

let lastMs = 0;
let lastField = '';

/** `,"time":"2024-11-22T04:36:01.123Z"`, made once for the lines of a moment. */
function isoField(): string {
  const now = Date.now();
  if (now !== lastMs) lastField = `,"time":"${new Date(now).toISOString()}"`;
  lastMs = now;
  return lastField;
}

let lastSecond = 0;
let lastText = '';

/** `Nov 22 04:36:01`, made once a second. */
function timestamp(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second === lastSecond) return lastText;
  const now = new Date(second * 1000);
  const two = (n: number, pad = '0') => String(n).padStart(2, pad);
  const month = now.toLocaleString('en-US', { month: 'short' });
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  lastSecond = second;
  lastText = `${month} ${two(now.getDate(), ' ')} ${time}`;
  return lastText;
}
