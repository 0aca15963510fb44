/**
 * The header fields of a scan: clamav_header for messages that were scanned, X-Virus-Infected for those that go on with
 * a virus. The same fields from outside are taken out: nobody else speaks in our name.
 */
import type { Session } from '../../mail/session.ts';
import { mailDate } from '../received.ts';

const INFECTED = 'X-Virus-Infected';

/**
 * clamav_header for one message, one field an item. As with clamsmtp, `%i` is the client's address, `%l` ours, `%d` the
 * date, and `\r\n` a line end.
 */
export function scannedFields(
  header: string,
  { client, forwarded, server }: Session,
  now = new Date(),
): string[] {
  if (header.trim() === '') return [];
  const facts: Readonly<Record<string, string>> = {
    i: forwarded?.address ?? client.address,
    l: server.address,
    d: mailDate(now),
    '%': '%',
  };
  const text = header.replace(/%([ild%])/g, (_whole, letter: string) => facts[letter] ?? '');
  const fields: string[] = [];
  for (const line of text.split(/(?:\\r)?\\n/).filter((one) => one.trim() !== '')) {
    const above = /^\s/.test(line) ? fields.pop() : undefined;
    fields.push(above === undefined ? line.trimStart() : `${above}\r\n${line}`);
  }
  return fields;
}

export function infectedField(signature: string): string {
  return `${INFECTED}: ${signature}`;
}

/** Lower-case names of the fields that only we may write. */
export function ownFieldNames(header: string): ReadonlySet<string> {
  const names = header.split(/\\r|\\n/).map((line) => /^([!-9;-~]+):/.exec(line)?.[1]);
  return new Set([INFECTED, ...names.filter((name) => name !== undefined)].map((name) => name.toLowerCase()));
}
