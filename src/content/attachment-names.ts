/**
 * What a name of a file becomes on the way to a disk: mail programs and file systems drop control characters, what
 * stands behind a NUL or a colon, trailing dots and blanks. All forms that can come of it are returned, with directories
 * where there are any: baseName leaves them out.
 * Also what is odd about a name by itself: `flag=rlo`, `flag=double-extension`.
 * It does not say whether a name is bad: that is what the tables of attachment_checks are for.
 */

/** Longer names lose their beginning: what they end in is what they are. */
const longestName = 1_024;
/** Forms of one file's names. */
const mostForms = 128;

/** Right-to-left overrides, embeddings and isolates: what stands behind them is shown elsewhere. Unicode UAX #9. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** These and other characters without a width. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;
/** What Windows drops at the end of a name, and what looks like it. */
const TRAILING = /[\s.\u00a0\u2000-\u200a\u3000]/;

export interface FileNames {
  /** How reports and paths call it. */
  readonly shown: string;
  /** Everything it could be called, directories included where there are any; the likeliest first. */
  readonly forms: readonly string[];
  readonly flags: readonly NameFlag[];
}

export type NameFlag = 'rlo' | 'double-extension';

/** The names of one file, as they were written; undefined when there are none. */
export function fileNames(written: readonly string[]): FileNames | undefined {
  const forms = new Set<string>();
  for (const name of written) {
    for (const form of formsOf(name.slice(-longestName))) {
      if (forms.size < mostForms && withoutTrail(form) !== '') forms.add(form);
    }
  }
  const [first] = forms;
  if (first === undefined) return undefined;
  const flags: NameFlag[] = [];
  if (written.some((name) => BIDI.test(name))) flags.push('rlo');
  if ([...forms].some(hasDoubleExtension)) flags.push('double-extension');
  return { shown: first.replaceAll('\\', '/'), forms: [...forms], flags };
}

/** What comes behind the last slash or backslash. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

/** `.tar.gz`, `.gz`: longest first, at most so many; `''` is not among them. */
export function extensions(name: string, atMost = 3): string[] {
  const parts = baseName(name).split('.').slice(1).slice(-atMost);
  return parts.map((_, index) => `.${parts.slice(index).join('.')}`).filter((end) => !end.endsWith('.'));
}

/** The last one, small and without its dot; `''` where there is none. */
export function extensionOf(name: string): string {
  const base = baseName(name);
  const dot = base.lastIndexOf('.');
  return dot < 0
    ? ''
    : base
        .slice(dot + 1)
        .trim()
        .toLowerCase();
}

function formsOf(name: string): string[] {
  const seen = name.replace(UNSEEN, '').replace(CONTROL, '');
  const cut = name.includes('\0') ? formsOf(name.slice(0, name.indexOf('\0'))) : [];
  const clean = withoutTrail(seen.trim());
  const base = baseName(clean);
  const stream = base.indexOf(':');
  return [
    clean,
    ...(stream > 0 ? [base.slice(0, stream), base.slice(stream + 1)] : []),
    ...(seen.includes('"') ? [clean.replaceAll('"', '')] : []),
    ...(/\t| {2}/.test(clean) ? [clean.replace(/\s+/g, '')] : []),
    ...cut,
    name.replace(CONTROL, ''), // as it was meant to be shown
  ];
}

function withoutTrail(name: string): string {
  let end = name.length;
  while (end > 0 && TRAILING.test(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

/** What people take for harmless. */
const HARMLESS =
  'pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv htm html xml jpg jpeg png gif bmp tif tiff webp mp3 mp4 avi mov wav zip rar 7z eml msg';
/** What runs when it is opened. */
const RUNS =
  'ade adp apk app appref-ms application appx bat chm cmd com cpl dll exe gadget hta inf ins isp jar jnlp js jse lnk mde msc msi msix msp mst pif ps1 psm1 reg scf scr sct settingcontent-ms shb sys url vb vbe vbs vxd wsc wsf wsh xll';
const DOUBLE = new RegExp(
  `\\.(?:${HARMLESS.replaceAll(' ', '|')})[\\s._-]*\\.(?:${RUNS.replaceAll(' ', '|')})$`,
  'i',
);

function hasDoubleExtension(name: string): boolean {
  return DOUBLE.test(name.slice(-256));
}
