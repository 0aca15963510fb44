/**
 * XFORWARD and XCLIENT: telling a next hop who the client is. Only attributes that it offered are sent.
 * `Postfix: XFORWARD_README, XCLIENT_README`
 */
import { toXtext } from './xtext.ts';

export type ClientAttribute =
  | 'NAME'
  | 'ADDR'
  | 'PORT'
  | 'PROTO'
  | 'HELO'
  | 'IDENT'
  | 'SOURCE'
  | 'LOGIN'
  | 'REVERSE_NAME'
  | 'DESTADDR'
  | 'DESTPORT';

/** Attributes in the order to send; undefined: not known. */
export type ClientAttributes = ReadonlyMap<ClientAttribute, string | undefined>;

/** What fits into a command line besides the verb. `Postfix: smtpd_proxy_xforward_send` */
const payloadBytes = 512 - 'XFORWARD\r\n'.length;

/**
 * The commands that say it: mostly one, several when it is long, none when nothing of it is offered. `unknown`: whether it
 * is said of an attribute that it is not known.
 */
export function attributeCommands(
  verb: 'XFORWARD' | 'XCLIENT',
  offered: readonly string[],
  attributes: ClientAttributes,
  unknown: 'told' | 'left out' = 'told',
): string[] {
  const commands: string[] = [];
  let payload = '';
  for (const [name, value] of attributes) {
    if (!offered.includes(name) || (value === undefined && unknown === 'left out')) continue;
    const word = ` ${name}=${value === undefined ? '[UNAVAILABLE]' : toXtext(value)}`;
    if (payload !== '' && payload.length + word.length > payloadBytes) {
      commands.push(verb + payload);
      payload = '';
    }
    payload += word;
  }
  if (payload !== '') commands.push(verb + payload);
  return commands;
}
