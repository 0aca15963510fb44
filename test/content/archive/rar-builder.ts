/** Builds RAR archives for tests, members stored: there is no free program that could. RAR 4 and RAR 5 technical notes. */
import { crc32 } from 'node:zlib';
import { fixed } from './zip-builder.ts';

export interface RarPiece {
  readonly name: string;
  readonly data: Buffer;
  /** It wants a password, and its data is nonsense. */
  readonly encrypted?: boolean;
}

export function rar4(pieces: readonly RarPiece[], { encryptedHeaders = false } = {}): Buffer {
  const main = header4(0x73, encryptedHeaders ? 0x80 : 0, Buffer.alloc(6));
  const files = pieces.flatMap(({ name, data, encrypted = false }) => [
    header4(
      0x74,
      0x8000 | (encrypted ? 0x404 : 0),
      Buffer.concat([
        fixed('', [
          [4, data.length],
          [4, data.length],
          [1, 2],
          [4, crc32(data)],
          [4, 0],
          [1, 29],
          [1, 0x30],
        ]),
        fixed('', [
          [2, name.length],
          [4, 0x20],
        ]),
        Buffer.from(name, 'latin1'),
        Buffer.alloc(encrypted ? 8 : 0, 1),
      ]),
    ),
    data,
  ]);
  return Buffer.concat([
    Buffer.from('526172211a0700', 'hex'),
    main,
    ...files,
    header4(0x7b, 0x4000, Buffer.alloc(0)),
  ]);
}

/** A checksum of 16 bits, a type, flags, the size of the header. */
function header4(type: number, flags: number, rest: Buffer): Buffer {
  const body = Buffer.concat([
    fixed('', [
      [1, type],
      [2, flags],
      [2, 7 + rest.length],
    ]),
    rest,
  ]);
  return Buffer.concat([fixed('', [[2, crc32(body) & 0xffff]]), body]);
}

export function rar5(pieces: readonly RarPiece[]): Buffer {
  const files = pieces.flatMap(({ name, data, encrypted = false }) => {
    const extra = encrypted ? encryptionRecord() : Buffer.alloc(0);
    const fields = [
      ...(encrypted ? [number(extra.length)] : []),
      ...[number(data.length), number(4), number(data.length), number(0x20)],
      ...[
        fixed('', [[4, crc32(data)]]),
        number(0),
        number(0),
        number(Buffer.byteLength(name)),
        Buffer.from(name),
        extra,
      ],
    ];
    return [header5(2, encrypted ? 3 : 2, Buffer.concat(fields)), data];
  });
  const [main, end] = [header5(1, 0, number(0)), header5(5, 0, number(0))];
  return Buffer.concat([Buffer.from('526172211a070100', 'hex'), main, ...files, end]);
}

function header5(type: number, flags: number, rest: Buffer): Buffer {
  const body = Buffer.concat([number(type), number(flags), rest]);
  const sized = Buffer.concat([number(body.length), body]);
  return Buffer.concat([fixed('', [[4, crc32(sized)]]), sized]);
}

/** AES-256, 2^15 rounds, a salt and a vector. */
function encryptionRecord(): Buffer {
  const record = Buffer.concat([number(1), number(0), number(0), fixed('', [[1, 15]]), Buffer.alloc(32, 1)]);
  return Buffer.concat([number(record.length), record]);
}

/** Seven bits to a byte. */
function number(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    if (left < 128) return Buffer.from(bytes);
  }
}
