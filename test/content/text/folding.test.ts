import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cleanForm,
  cleanText,
  type Form,
  foldedForms,
  originalPiece,
} from '../../../src/content/text/folding.ts';
import { foldToCyrillic, foldToLatin } from '../../../src/content/text/look-alikes.ts';

function formsOf(text: string): Form[] {
  const clean = cleanForm(text);
  return [clean, ...foldedForms(clean)];
}

test('the clean form has no disguise of form, width or direction', () => {
  const cases: [text: string, clean: string][] = [
    ['plain', 'plain'],
    ['ＶＩＡＧＲＡ 𝐕𝐢𝐚𝐠𝐫𝐚 ⓥⓘⓐⓖⓡⓐ ﬁne', 'VIAGRA Viagra viagra fine'],
    ['V\u200bi\u00ada\u200dg\u2060r\ufeffa', 'Viagra'],
    ['\u202eV\u202cia\u2066gra\u2069', 'Viagra'],
    ['V\u0336i\u0336a\u0338g\u0332ra', 'Viagra'],
    ['8️⃣ ٤٩٥ ४५', '8 495 45'],
    ['a\u00a0\u2003b\u3000c', 'a b c'],
    ['Grüße aus Köln', 'Grüße aus Köln'],
    ['Gru\u0308ße', 'Grüße'],
    ['й и\u0306', 'й й'],
    ['日本語 한국어', '日本語 한국어'],
    ['x²', 'x2'],
  ];
  for (const [text, clean] of cases) assert.equal(cleanText(text), clean, text);
});

test('letters in disguise are read in both scripts', () => {
  const cases: [text: string, latin: string, cyrillic: string][] = [
    ['Viаgrа', 'Viagra', 'Viаgrа'],
    ['сору', 'copy', 'сору'],
    ['Кyпить', 'Kynиtb', 'Купить'],
    ['скидкa 50', 'ckидka 50', 'скидка 50'],
    ['ΡΑΥΡΑL', 'PAYPAL', 'ΡΑΥΡΑL'],
    ['Москва', 'Mockba', 'Москва'],
    ['plain', 'plain', 'plain'],
  ];
  for (const [text, latin, cyrillic] of cases) {
    assert.equal(foldToLatin(text), latin, text);
    assert.equal(foldToCyrillic(text), cyrillic, text);
  }
});

test('each form is asked about once, the clean one first', () => {
  const cases: [text: string, ...forms: string[]][] = [
    ['plain ASCII', 'plain ASCII'],
    ['Köln', 'Köln'],
    ['скидки', 'скидки', 'ckидkи'],
    ['Скидки', 'Скидки', 'скидки', 'Ckидkи'],
    ['Cкидки', 'Cкидки', 'Скидки', 'скидки', 'Ckидkи'],
    ['ÄRGER', 'ÄRGER', 'äRGER'],
  ];
  for (const [text, ...forms] of cases) {
    assert.deepEqual(
      formsOf(text).map((form) => form.text),
      forms,
      text,
    );
    for (const form of formsOf(text)) assert.equal(form.bytes.toString(), form.text);
  }
});

test('a piece of the clean form is found in the original', () => {
  const text = 'abc V\u200bi\u00adа\u200dg\u2060ra — 8️⃣-４９５';
  const clean = cleanText(text);
  for (const word of ['Viаgra', '8-495']) {
    const at = clean.indexOf(word);
    const piece = originalPiece(text, at, at + word.length);
    assert.equal(cleanText(piece.text), word);
    assert.equal(text.slice(piece.start, piece.start + piece.text.length), piece.text);
  }
});

test('hostile texts take linear time', () => {
  for (const text of [
    'Я'.repeat(500_000),
    'я'.repeat(500_000),
    'aя'.repeat(250_000),
    '\u0300'.repeat(500_000),
    '\u0301\u0316'.repeat(50_000), // each second one goes before all others
    '٠'.repeat(500_000),
    '\u200b'.repeat(500_000),
    ' \u00a0'.repeat(250_000),
    'ﷺ'.repeat(30_000),
  ]) {
    const before = process.cpuUsage();
    formsOf(text);
    const ms = process.cpuUsage(before).user / 1000;
    console.log(`${JSON.stringify(text.slice(0, 2))}: ${ms.toFixed(0)} ms`);
    assert.ok(ms < 2000, `${text.slice(0, 2)}: ${ms} ms`);
  }
});
