/** A message in a string, as the gateway hands it to the checks: header block and body, in CRLF form. */
export interface MessageParts {
  readonly header: Buffer;
  readonly body: Buffer;
}

/** Every character of the message is one byte. Bare LF becomes CRLF, as the spool does it. */
export function messageParts(message: string): MessageParts {
  const text = message.replace(/\r?\n/g, '\r\n');
  const gap = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n') + 2;
  const [header, body] = gap === 1 ? [text, ''] : [text.slice(0, gap), text.slice(gap + 2)];
  return { header: Buffer.from(header, 'latin1'), body: Buffer.from(body, 'latin1') };
}
