/** What a ZIP archive is besides that, by the names of its members: an office document, a Java program, a book. */
import { type FileType, innerTypes } from '../file-type.ts';
import type { Flag } from './unpacker.ts';

export interface ZipKind {
  readonly type: FileType | undefined;
  readonly flags: readonly Flag[];
  /** Whether a member belongs to the format, so that nobody ever sees its name. */
  isInternal(name: string): boolean;
}

/** In order: the first whose member is there. */
const kinds: readonly { readonly member: RegExp; readonly type: FileType }[] = [
  { member: /^word\/document2?\.xml$/i, type: innerTypes.docx },
  { member: /^xl\/workbook\.(?:xml|bin)$/i, type: innerTypes.xlsx },
  { member: /^ppt\/presentation\.xml$/i, type: innerTypes.pptx },
  { member: /^\[content_types\]\.xml$/i, type: innerTypes.ooxml },
  { member: /^androidmanifest\.xml$/i, type: innerTypes.apk },
  { member: /^meta-inf\/container\.xml$/i, type: innerTypes.epub },
  { member: /^meta-inf\/manifest\.xml$/i, type: innerTypes.odf },
  { member: /^meta-inf\/manifest\.mf$/i, type: innerTypes.jar },
];

const marks: readonly { readonly member: RegExp; readonly flag: Flag }[] = [
  { member: /(?:^|\/)vbaproject\.bin$/i, flag: 'macro' },
  { member: /^xl\/macrosheets\/./i, flag: 'macro' },
  { member: /^(?:basic|scripts)\/./i, flag: 'macro' },
  { member: /^(?:word|xl|ppt)\/embeddings\/./i, flag: 'embedded' },
];

/** What office programs put into their files, and where. */
const INTERNAL_PLACE =
  /^(?:_rels|docprops|word|xl|ppt|visio|customxml|_xmlsignatures|package|meta-inf|configurations2|basic|scripts|dialogs|thumbnails|pictures|object \d+|objectreplacements|media|layout-cache|mimetype$|\[content_types\]\.xml$|[a-z]+\.(?:xml|rdf)$)/i;
const INTERNAL_NAME =
  /(?:\.(?:xml|rels|bin|dat|rdf|vml|sigs|psmdcp|thmx|png|jpe?g|gif|emf|wmf|tiff?|wdp|svg|svm|odttf|ttf|fntdata|wav|mp[34]|m4a|xls[xbm]?|docx?|pptx?)|\/mimetype|^mimetype|\/layout-cache|\/)$/i;

export function zipKind(names: readonly string[]): ZipKind {
  const type = kinds.find(({ member }) => names.some((name) => member.test(name)))?.type;
  const isDocument = type?.group === 'document';
  const found = type ? marks.filter(({ member }) => names.some((name) => member.test(name))) : [];
  return {
    type,
    flags: [...new Set(found.map(({ flag }) => flag))],
    isInternal: (name) => isDocument && INTERNAL_PLACE.test(name) && INTERNAL_NAME.test(name),
  };
}
