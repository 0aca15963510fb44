/** `NAME=value` lists of XCLIENT and XFORWARD: xtext values, made printable, of bounded length. */
import { printable, type Reply, reply } from '../mail/reply.ts';
import { decodeXtext } from '../mail/xtext.ts';
import type { Word } from './command.ts';

/** `Postfix: xclient_cmd, xforward_cmd`. */
const MAX_VALUE = 255;

export interface Attribute {
  /** Upper case. */
  readonly name: string;
  readonly value: string;
}

/** The attributes of a command, or the reply to a bad list. */
export function readAttributes(words: readonly Word[]): Attribute[] | Reply {
  const attributes: Attribute[] = [];
  for (const { text } of words) {
    const equals = text.indexOf('=');
    const coded = text.slice(equals + 1);
    if (equals < 0 || coded === '') return reply(501, '5.5.4', 'Error: attribute=value expected');
    if (coded.length > MAX_VALUE) return reply(501, '5.5.4', 'Error: attribute value too long');
    const value = printable(decodeXtext(coded) ?? coded, '?');
    attributes.push({ name: text.slice(0, equals).toUpperCase(), value });
  }
  return attributes;
}

export function badSyntax(name: string, value: string): Reply {
  return reply(501, '5.5.4', `Bad ${name} syntax: ${value}`);
}

export const isUnavailable = (value: string) => /^\[unavailable\]$/i.test(value);
export const isTemporary = (value: string) => /^\[tempunavail\]$/i.test(value);
export const isPort = (value: string) => /^\d{1,5}$/.test(value);
