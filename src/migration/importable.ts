/** THE table of files of other programs that `portcullis import` reads. */
import { basename } from 'node:path';
import { translateClamsmtpd } from './clamsmtpd.ts';
import { translateDkfilter } from './dkfilter.ts';
import { translateGld } from './gld.ts';
import type { Translation } from './translation.ts';

export interface Importable {
  /** The program. */
  readonly name: string;
  /** How its file is mostly called. */
  readonly fileName: RegExp;
  readonly sentence: string;
  translate(text: string, file: string): Translation[];
}

export const importables: readonly Importable[] = [
  {
    name: 'gld',
    fileName: /^gld.*\.conf/i,
    sentence: 'gld.conf: greylisting, as a policy service',
    translate: translateGld,
  },
  {
    name: 'clamsmtpd',
    fileName: /^clamsmtpd?.*\.conf/i,
    sentence: 'clamsmtpd.conf: virus scanning, as a content_filter hop',
    translate: translateClamsmtpd,
  },
  {
    name: 'dkfilter',
    fileName: /^(?:rc\.conf|dkfilter)/i,
    sentence: 'rc.conf or the start script of dkfilter: checking and making signatures, as two hops',
    translate: translateDkfilter,
  },
];

/** The row for a file, by its name. */
export function importableFor(path: string): Importable | undefined {
  return importables.find(({ fileName }) => fileName.test(basename(path)));
}
