/**
 * What the client is told, and what the log says, when the conversation with a next hop breaks. Always 4xx: the client
 * keeps the mail. The client never learns where the next hop is. `Postfix: smtpd_proxy.c, smtp_trouble.c`
 */
import { type Reply, reply, replyText } from '../mail/reply.ts';
import { stepPhrase } from '../smtp/step.ts';
import type { FaultKind, WireFault } from '../smtp/wire-fault.ts';
import type { ClientSettings } from './client-settings.ts';

export type Style = ClientSettings['style'];

/** `Postfix: cleanup_strerror, CLEANUP_STAT_PROXY` */
const proxyReply = reply(451, '4.3.0', 'Error: queue file write error');

const rows: Readonly<Record<FaultKind, { status: string; text: string }>> = {
  connect: { status: '4.4.1', text: 'no answer from the next hop' },
  timeout: { status: '4.4.2', text: 'conversation with the next hop timed out' },
  lost: { status: '4.4.2', text: 'lost connection with the next hop' },
  garbage: { status: '4.3.0', text: 'protocol error of the next hop' },
  refused: { status: '4.3.0', text: 'the next hop does not take mail now' },
  tls: { status: '4.7.5', text: 'no secure connection with the next hop' },
  ended: { status: '4.3.0', text: 'delivery was interrupted' },
};

/** The client's answer to a broken conversation. */
export function faultReply(fault: WireFault, style: Style): Reply {
  return temporary(rows[fault.kind].status, rows[fault.kind].text, style);
}

/** 451 with this text; behind `smtpd_proxy_filter` it is always the same one. */
export function temporary(status: string, text: string, style: Style): Reply {
  return style === 'proxy' ? proxyReply : reply(451, status, `Error: ${text}`);
}

/** The log line. `where`: the connection's name, or the next hop as written. */
export function faultSentence(fault: WireFault, where: string, style: Style): string {
  return style === 'proxy' ? proxySentence(fault, where) : transportSentence(fault, where);
}

function proxySentence(fault: WireFault, where: string): string {
  const said = fault.reply === undefined ? fault.detail : replyText(fault.reply);
  switch (fault.kind) {
    case 'connect':
      return `connect to proxy filter ${where}: ${fault.detail}`;
    case 'timeout':
      return `timeout talking to proxy ${where}`;
    case 'lost':
      return `lost connection with proxy ${where}`;
    case 'garbage':
      return `received garbage from proxy ${where}: ${said}`;
    case 'refused':
      return `proxy ${where} rejected "${fault.step === 'greeting' ? 'connection request' : stepPhrase[fault.step]}": "${said}"`;
    case 'tls':
    case 'ended':
      return `proxy ${where}: ${fault.message}`;
  }
}

function transportSentence(fault: WireFault, where: string): string {
  const while_ = `while ${stepPhrase[fault.step]}`;
  switch (fault.kind) {
    case 'connect':
      return `connect to ${where}: ${fault.detail}`;
    case 'timeout':
      return `conversation with ${where} timed out ${while_}`;
    case 'lost':
      return `lost connection with ${where} ${while_}`;
    case 'garbage':
      return `protocol error of ${where} ${while_}: ${fault.detail}`;
    case 'refused':
      return `host ${where} refused to talk to me ${while_}: ${fault.detail}`;
    case 'tls':
      return `Cannot start TLS with ${where}: ${fault.detail}`;
    case 'ended':
      return `conversation with ${where} ended ${while_}: ${fault.detail}`;
  }
}
