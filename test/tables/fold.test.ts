import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { foldCase } from '../../src/tables/fold.ts';
import { noPostfix, Postmap } from './postmap.ts';
import { generator } from './random.ts';

const folds: readonly [string, string, string][] = [
  ['', '', ''],
  ['abc-09.@', 'abc-09.@', 'abc-09.@'],
  ['ABC@Example.COM', 'abc@example.com', 'abc@example.com'],
  ['ÄRGER', 'ärger', 'Ärger'],
  ['Straße', 'strasse', 'straße'],
  ['STRASSE', 'strasse', 'strasse'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφοσ', 'ΣΊΣΥΦΟΣ'],
  ['ς', 'σ', 'ς'],
  ['ﬁ', 'fi', 'ﬁ'],
  ['İı', 'i\u0307ı', 'İı'],
  ['ẞ', 'ss', 'ẞ'],
  ['ſ', 's', 'ſ'],
  ['ǅ', 'ǆ', 'ǅ'],
  ['𐐀', '𐐨', '𐐀'],
  ['A\udcff', 'a\udcff', 'a\udcff'],
];

describe('foldCase', () => {
  for (const [text, utf8, ascii] of folds) {
    test(`"${text}"`, () => {
      assert.equal(foldCase(text, true), utf8);
      assert.equal(foldCase(text, false), ascii);
    });
  }

  test('what is folded stays as it is, and pieces fold as the whole does', () => {
    const random = generator(5);
    const letters = Array.from({ length: 0x2000 }, (_, i) => String.fromCharCode(i)).concat(
      'ﬀ',
      'ﬓ',
      'Ａ',
      '𐐀',
    );
    for (let i = 0; i < 2000; i++) {
      const pieces = Array.from({ length: 1 + random(6) }, () => letters[random(letters.length)] as string);
      const whole = foldCase(pieces.join(''), true);
      assert.equal(whole, pieces.map((piece) => foldCase(piece, true)).join(''), JSON.stringify(pieces));
      assert.equal(foldCase(whole, true), whole, JSON.stringify(pieces));
    }
  });

  test('like Postfix, for every letter that has a case', { skip: noPostfix }, () => {
    const postmap = new Postmap();
    const letters: string[] = [];
    for (let code = 0x80; code < 0x110000; code++) {
      const letter = String.fromCodePoint(code);
      const hasCase = letter.toLowerCase() !== letter || letter.toUpperCase() !== letter;
      if (hasCase && !/[\ud800-\udfff]/u.test(letter) && !EXCEPTIONS.test(letter)) letters.push(letter);
    }
    // The first table makes the key lose its case, the second one gives it back.
    const theirs = postmap.query('unionmap:{inline:{x=y}, pcre:{ {/(.*)/ $1} }}', letters);
    assert.ok(letters.length > 2500);
    for (const letter of letters) assert.equal(foldCase(letter, true), theirs.get(letter), letter);
    console.log(`compared ${letters.length} letters`);
    postmap.close();
  });
});

/** Cherokee, where both sides fold to the other case, and letters that are younger than Unicode 15. */
const EXCEPTIONS =
  /[\u13a0-\u13fd\uab70-\uabbf\u1c89\u1c8a\ua7cb-\ua7cf\ua7d2-\ua7d5\ua7da-\ua7dc\u019b\u0264\u{10d50}-\u{10d85}\u{16ea0}-\u{16ed3}]/u;
