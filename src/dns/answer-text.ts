/** An answer of the DNS as a text, and back: `["192.0.2.1"]`, `-nxdomain`, `!ETIMEOUT`. */
import type { Answer } from './dns.ts';

export function answerText(answer: Answer<unknown>): string {
  switch (answer.kind) {
    case 'found':
      return JSON.stringify(answer.records);
    case 'absent':
      return `-${answer.why}`;
    case 'unknown':
      return `!${answer.why}`;
  }
}

export function readAnswer<T>(text: string): Answer<T> {
  if (text.startsWith('-')) return { kind: 'absent', why: text === '-nodata' ? 'nodata' : 'nxdomain' };
  if (text.startsWith('!')) return { kind: 'unknown', why: text.slice(1) };
  return { kind: 'found', records: JSON.parse(text) as T[] };
}
