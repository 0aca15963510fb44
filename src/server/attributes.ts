/** `NAME=value` lists of XCLIENT and XFORWARD: xtext values, made printable, of bounded length. */
import { printable, type Reply, reply } from '../mail/reply.ts';
import { decodeXtext } from '../mail/xtext.ts';
import type { Word } from './command.ts';

/** `Postfix: xclient_cmd, xforward_cmd`. */
const MAX_VALUE = 255;

interface Attribute {
  /** Upper case. */
  readonly name: string;
  readonly value: string;
}

/** One attribute of a command, or the reply to a bad one. */
function readAttribute({ text }: Word): Attribute | Reply {
  const equals = text.indexOf('=');
  const coded = text.slice(equals + 1);
  if (equals < 0 || coded === '') return reply(501, '5.5.4', 'Error: attribute=value expected');
  if (coded.length > MAX_VALUE) return reply(501, '5.5.4', 'Error: attribute value too long');
  return { name: text.slice(0, equals).toUpperCase(), value: printable(decodeXtext(coded) ?? coded, '?') };
}

/** Changes what each attribute names, up to the first that is bad: the reply to that. What stood before it holds. */
export function followAttributes<Target>(
  command: string,
  words: readonly Word[],
  readers: ReadonlyMap<string, (value: string, into: Target) => Reply | undefined>,
  into: Target,
): Reply | undefined {
  for (const word of words) {
    const attribute = readAttribute(word);
    if ('code' in attribute) return attribute;
    const read = readers.get(attribute.name);
    if (!read) return reply(501, '5.5.4', `Bad ${command} attribute name: ${attribute.name}`);
    const problem = read(attribute.value, into);
    if (problem) return problem;
  }
  return undefined;
}

export function badSyntax(name: string, value: string): Reply {
  return reply(501, '5.5.4', `Bad ${name} syntax: ${value}`);
}

export const isUnavailable = (value: string) => /^\[unavailable\]$/i.test(value);
export const isTemporary = (value: string) => /^\[tempunavail\]$/i.test(value);
export const isPort = (value: string) => /^\d{1,5}$/.test(value);
