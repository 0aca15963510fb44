/** A zip archive with one uncompressed file: enough to show that the gateway looks inside. PKWARE APPNOTE 4.3. */
import { crc32 } from 'node:zlib';

export function storedZip(name: string, content: Buffer): Buffer {
  const file = Buffer.from(name);
  const facts = (signature: number, more: Buffer, tail: Buffer) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(signature);
    const middle = Buffer.alloc(26);
    middle.writeUInt16LE(20, 0); // version 2.0
    middle.writeUInt16LE(0x5821, 8); // a date in 2024
    middle.writeUInt32LE(crc32(content), 10);
    middle.writeUInt32LE(content.length, 14);
    middle.writeUInt32LE(content.length, 18);
    middle.writeUInt16LE(file.length, 22);
    return Buffer.concat([head, more, middle, tail, file]);
  };
  const local = Buffer.concat([facts(0x04034b50, Buffer.alloc(0), Buffer.alloc(0)), content]);
  const entry = facts(0x02014b50, Buffer.from([20, 0]), Buffer.alloc(14));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
