/** Text as bytes in charsets and transfer encodings, for tests. Charsets of one byte are turned round from their decoder. */

const tables = new Map<string, ReadonlyMap<string, number>>();

/** Characters that the charset lacks become question marks. */
export function encoded(text: string, charset: string): Buffer {
  if (charset === 'utf-8') return Buffer.from(text);
  if (charset === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
  if (charset === 'utf-16be') return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  if (charset === 'utf-7') return Buffer.from(utf7(text));
  const table = tableOf(charset);
  return Buffer.from([...text].map((char) => table.get(char) ?? 0x3f));
}

/** Whether the charset has all the characters. */
export function canEncode(text: string, charset: string): boolean {
  if (charset.startsWith('utf-')) return true;
  const table = tableOf(charset);
  return [...text].every((char) => table.has(char));
}

function tableOf(charset: string): ReadonlyMap<string, number> {
  let table = tables.get(charset);
  if (!table) {
    const decoder = new TextDecoder(charset);
    table = new Map(
      Array.from({ length: 256 }, (_, byte): [string, number] => [
        decoder.decode(Uint8Array.of(byte)),
        byte,
      ]).filter(([char]) => char !== '\ufffd'),
    );
    tables.set(charset, table);
  }
  return table;
}

/** RFC 2152. */
function utf7(text: string): string {
  return text.replace(/[^\t\n\r -*,-}]+|\+/g, (run) => {
    if (run === '+') return '+-';
    return `+${Buffer.from(run, 'utf16le').swap16().toString('base64').replace(/=+$/, '')}-`;
  });
}

export type TransferEncoding = '8bit' | 'base64' | 'quoted-printable';

/** As it stands in a mail. */
export function transferred(bytes: Buffer, encoding: TransferEncoding): Buffer {
  if (encoding === '8bit') return bytes;
  if (encoding === 'base64') return Buffer.from(bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n'));
  return Buffer.from(
    [...bytes]
      .map((byte) => (byte === 0x3d || byte < 0x20 || byte > 0x7e ? hex(byte) : String.fromCharCode(byte)))
      .join('')
      .replace(/(?:=[\dA-F]{2}|[^=]){1,70}/g, '$&=\r\n'),
  );
}

function hex(byte: number): string {
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
