/** THE table of what can be opened: by the type of a file, who hands out what is in it. */
import type { FileType } from '../file-type.ts';
import { unpackCompound } from './compound.ts';
import { unpackMail } from './mail-file.ts';
import { packedFileUnpacker, renamedUnpacker } from './packed-file.ts';
import type { SevenZip } from './seven-zip.ts';
import { unpackTar } from './tar.ts';
import { unpackTnef } from './tnef.ts';
import type { Unpacker } from './unpacker.ts';
import { zipUnpacker } from './zip.ts';

export interface Opener {
  readonly unpack: Unpacker;
  /** One file is packed in it: a tar archive inside is the same archive for people. */
  readonly packsOne?: boolean;
}

export class Openers {
  readonly #rows: Readonly<Record<string, Opener>>;
  /** What is called an archive and looks like none. */
  readonly any: Opener;
  readonly zip: Opener;

  constructor(sevenZip: SevenZip) {
    const any: Opener = { unpack: sevenZip.unpacker() };
    const one: Opener = { unpack: renamedUnpacker(any.unpack), packsOne: true };
    this.any = any;
    this.zip = { unpack: zipUnpacker(any.unpack) };
    this.#rows = {
      zip: this.zip,
      gz: { unpack: packedFileUnpacker('gzip'), packsOne: true },
      zst: { unpack: packedFileUnpacker('zstd'), packsOne: true },
      tar: { unpack: unpackTar },
      tnef: { unpack: unpackTnef },
      ole: { unpack: unpackCompound },
      mail: { unpack: unpackMail },
      iso: { unpack: sevenZip.unpacker('iso', 'udf') },
      bz2: one,
      xz: one,
      lzma: one,
      z: one,
      '7z': any,
      rar: any,
      cab: any,
      arj: any,
      lzh: any,
      xar: any,
      ar: any,
      cpio: any,
      rpm: any,
      wim: any,
      squashfs: any,
      chm: any,
      vhd: any,
      vhdx: any,
      vmdk: any,
      img: any,
    };
  }

  of(type: FileType | undefined): Opener | undefined {
    return type && Object.hasOwn(this.#rows, type.name) ? this.#rows[type.name] : undefined;
  }
}

/** Names that say: an archive. */
const ARCHIVE =
  /^(?:zipx?|rar|7z|gz|tgz|bz2|tbz2?|xz|txz|zst|lzma|lz|lz4|z|taz|tar|cab|arj|lzh|lha|ace|alz|egg|zoo|sitx?|xar|cpio|rpm|deb|wim|iso|img|udf|vhdx?|vmdk|dmg|jar|apk|docx|xlsx|pptx|docm|xlsm|pptm)$/;

/** Whether a name with this extension (small letters) says that it is an archive. */
export function isArchiveName(extension: string): boolean {
  return ARCHIVE.test(extension);
}
