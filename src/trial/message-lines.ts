/** A message from a file as it would come over the wire: every line ends in CRLF, and so does the last. */
export function canonicalLines(message: Buffer): Buffer {
  const text = message.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  return Buffer.from(text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}
