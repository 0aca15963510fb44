/**
 * Letters of Latin, Cyrillic and Greek that look alike, so that a word disguised with letters of another script can be
 * read as it is meant. Unicode TS #39 has the idea; here are only letters that fonts draw nearly the same.
 */
import { UnitTable } from './unit-table.ts';

/** The Latin letter, and what looks like it. */
const LATIN = rows(`
  a:аαɑ A:АΑ b:ьЬв B:ВΒ c:сϲ C:СϹ d:ԁ e:еεє E:ЕΕ ë:ё Ë:Ё g:ɡ h:һн H:НΗ i:іιı I:ІΙӀ ï:їϊ Ï:ЇΪ j:јϳ J:Ј k:кκ K:КΚ
  l:ӏ m:м M:МΜ n:пη N:Ν o:оοσ O:ОΟ p:рρ P:РΡ q:ԛ r:г s:ѕ S:Ѕ t:тτ T:ТΤ u:υ v:νѵ V:Ѵ w:ԝω W:Ԝ x:хχ X:ХΧ y:уүγ Y:УΥҮ Z:Ζ`);

/** The Cyrillic letter, and what looks like it. */
const CYRILLIC = rows(`
  а:aαɑ А:AΑ в:ʙ В:BΒ г:r Г:Γ е:eε Е:EΕ ё:ë Ё:Ë и:u і:iιı І:IΙ ї:ïϊ Ї:ÏΪ ј:j Ј:J к:kκ К:KΚ л:ʌ Л:Λ м:m М:MΜ Н:HΗ
  о:oοσ О:OΟ п:nπ П:Π р:pρ Р:PΡ с:cϲ С:CϹ ѕ:s Ѕ:S т:tτ Т:TΤ у:yγ У:YΥ ф:φ Ф:Φ х:xχ Х:XΧ ь:b`);

const TO_LATIN = new UnitTable(0x52f, (char) => LATIN.get(char) ?? char);
const WORD = /[\p{L}\p{M}]+/gu;
/** Letters that look like none of another script. */
const ONLY_CYRILLIC = /[бджзйцчшщъыэюяБДЖЗИЙЦЧШЩЪЫЬЭЮЯ]/;
const NOT_CYRILLIC = /[A-Za-zËëÏï\u0131\u0251\u0370-\u03ff]/;
const MIXED = new RegExp(`[\u0400-\u052f]${NOT_CYRILLIC.source}|${NOT_CYRILLIC.source}[\u0400-\u052f]`);

/** With Latin letters for all that look like them. As many UTF-16 units as before. */
export function foldToLatin(text: string): string {
  return TO_LATIN.mapped(text);
}

/** With Cyrillic letters for those of other scripts in words that are Cyrillic. As many UTF-16 units as before. */
export function foldToCyrillic(text: string): string {
  if (!MIXED.test(text)) return text;
  return text.replace(WORD, (word) =>
    NOT_CYRILLIC.test(word) && isCyrillic(word)
      ? word.replace(/./gu, (letter) => CYRILLIC.get(letter) ?? letter)
      : word,
  );
}

/** One letter that is only Cyrillic tells, or more Cyrillic letters than others. */
function isCyrillic(word: string): boolean {
  if (ONLY_CYRILLIC.test(word)) return true;
  const cyrillic = word.match(/[\u0400-\u052f]/g)?.length ?? 0;
  return cyrillic * 2 > word.length;
}

function rows(table: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const row of table.trim().split(/\s+/)) {
    const [letter = '', others = ''] = row.split(':');
    for (const other of others) map.set(other, letter);
  }
  return map;
}
