import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HtmlText } from '../../../src/content/text/html-text.ts';
import { Paragraphs } from '../../../src/content/text/paragraphs.ts';

/** The paragraphs of an HTML text that comes in pieces of this size. */
function seen(html: string, pieceLength = 100_000): string[] {
  const paragraphs = new Paragraphs();
  const text = new HtmlText(paragraphs);
  for (let at = 0; at < html.length; at += pieceLength) text.write(html.slice(at, at + pieceLength));
  text.end();
  return paragraphs.take().map((one) => one.text);
}

function check(cases: readonly [html: string, ...paragraphs: string[]][]): void {
  for (const [html, ...paragraphs] of cases)
    for (const size of [1, 3, 17, 100_000])
      assert.deepEqual(seen(html, size), paragraphs, `${html} by ${size}`);
}

test('blocks are paragraphs, inline tags nothing, cells and line breaks a space', () => {
  check([
    ['<p>Hello <b>wor</b>ld<br>line&nbsp;two</p>x', 'Hello world line\u00a0two', 'x'],
    ['<div>a<p>b<p>c</div>d', 'a', 'b', 'c', 'd'],
    ['8 (4<!-- x -->9<wbr>5) <i>1</i><u>0</u>5', '8 (495) 105'],
    ['<table><tr><td>8</td><td>495</td></tr><tr><td>x</td></tr></table>', '8 495', 'x'],
    ['<ul><li>a<li>b</ul>', 'a', 'b'],
    ['<h1>Head</h1>text<hr>more', 'Head', 'text', 'more'],
    ['<pre>one\n  two\n\nthree</pre>', 'one two three'],
    ['<div style="display:inline">8</div><div style="display: inline-block">495</div>', '8495'],
    ['a\r\n   b\tc', 'a b c'],
    ['no tags at all', 'no tags at all'],
    ['', ...[]],
    ['<p> </p><div>\n</div>', ...[]],
  ]);
});

test('entities are decoded', () => {
  check([
    ['a&amp;b &lt;c&gt; &quot;&#39;&#x27;', "a&b <c> \"''"],
    ['&#56;&#x2d;&#52;&minus;&copy;', '8-4−©'],
    ['&#1047;&#x437;&shy;&#8203;!', 'Зз\u00ad\u200b!'],
    ['&nosuch; &amp &copy', '&nosuch; & ©'],
    ['<img alt="8 495 &#49;05">', '8 495 105'],
  ]);
});

test('what nobody sees is left out', () => {
  check([
    ['<head><title>NO</title><style>NO</style><script>NO</script></head>yes', 'yes'],
    ['<p style="display:none">NO</p>yes', 'yes'],
    ['<p style="DISPLAY : None !important; display:block">NO</p>yes', 'yes'],
    ['<p style="display:none;display:foo">NO</p>yes', 'yes'],
    ['<p style="display:none;display:block">yes</p>', 'yes'],
    ['<p style="d\\69splay:none">NO</p>yes', 'yes'],
    ['<p style="dis/**/play:none;color:red">yes</p>', 'yes'],
    ['<p style="/*x*/display:/**/none">NO</p>yes', 'yes'],
    ['<p hidden>NO</p>yes', 'yes'],
    ['<div style="visibility:hidden">NO<b style="visibility:visible">yes</b></div>', 'yes'],
    [
      '<td style="font-size:0px">NO<span style="font-size:14px">yes</span><span style="font-size:2em">NO</span></td>',
      'yes',
    ],
    ['<font style="font-size:1px">NO</font>yes', 'yes'],
    ['<span style="font:0/0 a">NO</span>yes', 'yes'],
    ['<span style="opacity:0.00">NO</span>yes', 'yes'],
    ['<div style="max-height:0;overflow:hidden">NO</div>yes', 'yes'],
    ['<div style="position:absolute;left:-9999px">NO</div>yes', 'yes'],
    ['<div style="text-indent:-9999px">NO</div>yes', 'yes'],
    ['<div style="clip:rect(0,0,0,0)">NO</div>yes', 'yes'],
    ['<div style="transform:scale(0)">NO</div>yes', 'yes'],
    ['<span style="color:transparent">NO</span>yes', 'yes'],
    ['<font color="#ffffff">NO</font>yes', 'yes'],
    ['<font color=white>NO</font><td bgcolor="#000000"><font color=white>yes</font></td>', 'yes'],
    ['<body bgcolor=black text=white>yes<font color="#050505">NO</font></body>', 'yes'],
    ['<div style="background:url(x.png);color:#fff">yes</div>', 'yes'],
    ['<template>NO</template><iframe>NO</iframe><noframes>NO</noframes>yes', 'yes'],
    ['<!-- NO --><!--[if mso]>NO<![endif]-->yes', 'yes'],
    ['<div style="display:none"><div>NO</div>NO</div>yes', 'yes'],
  ]);
});

test('style sheets hide what they plainly name', () => {
  check([
    [
      '<style>.x{display:none} #y{visibility:hidden} b.z{opacity:0}</style>a<i class="q x">NO</i><i id=y>NO</i><b class=z>NO</b><i class=z>b</i>',
      'ab',
    ],
    [
      '<style>@media (max-width:1px){.x{display:none}} @media screen{.w{display:none}}</style>a<i class=x>b</i><i class=w>NO</i>',
      'ab',
    ],
    ['<style>p .x{display:none}</style><i class=x>yes</i>', 'yes'],
    ['<style>/* .x{display:none} */ .y{display:none}</style><i class=x>yes</i><i class=y>NO</i>', 'yes'],
    ['<style>#a td{background:#000}</style><div id=a><td><font color=white>yes</font></td></div>', 'yes'],
    ['<style>.x{display:none', ...[]],
  ]);
});

test('elements end where browsers end them', () => {
  check([
    ['<p style="display:none">NO<div>yes</div>', 'yes'],
    ['<ul><li style="display:none">NO<li>yes</ul>', 'yes'],
    ['<h1 style="display:none">NO</h2>yes', 'yes'],
    ['<a style="display:none">NO<a>yes</a>', 'yes'],
    ['<table><tr style="display:none"><td>NO<tr><td>yes</table>', 'yes'],
    ['<table style="display:none"><tr>yes<span>yes</span><td>NO</td></tr></table>', 'yesyes'],
    ['<div style="display:none"></b></x></p>NO</div>yes', 'yes'],
    ['<br style="display:none">yes', 'yes'],
    ['<![CDATA[>yes', 'yes'],
    ['<select><option style="display:none">NO<option>yes</select>', 'yes'],
  ]);
});

test('telephone links tell what they dial', () => {
  check([
    ['<a href="tel:+74951055186">Call us</a>', 'tel:+74951055186', 'Call us'],
    ['<a href="https://wa.me/74951055186">Write</a>', 'https://wa.me/74951055186', 'Write'],
    ['<a href="https://shop.example/">Go</a>', 'Go'],
  ]);
});

test('hostile pages take linear time and hide nothing for long', () => {
  const shapes: [name: string, html: string][] = [
    ['open divs', '<div>'.repeat(400_000)],
    ['open divs under a paragraph that they cannot end', `<p><button>${'<div>'.repeat(400_000)}`],
    ['styles', '<div style="color:#123456">'.repeat(80_000)],
    ['different styles', Array.from({ length: 200_000 }, (_, n) => `<b style="color:#${n}">`).join('')],
    ['end tags', '</b>'.repeat(400_000)],
    ['pairs', '<b>'.repeat(200_000) + '</b>'.repeat(200_000)],
    ['comments', '<!--'.repeat(400_000)],
    ['entities', '&amp'.repeat(400_000)],
    ['ampersands', '&'.repeat(1_600_000)],
    ['brackets', '<'.repeat(1_600_000)],
    ['attributes', '<a b="'.repeat(280_000)],
    ['a long name', `<${'a'.repeat(1_600_000)}`],
    ['a long style', `<p style="${'x:y;'.repeat(400_000)}">`],
    ['a long sheet', `<style>${'.x{a:b}'.repeat(240_000)}`],
    ['nested media', `<style>${'@media screen{'.repeat(120_000)}`],
    ['cells', '<td>'.repeat(400_000)],
    ['list items', '<li><p>'.repeat(200_000)],
    ['one word', 'x'.repeat(2_000_000)],
    ['many classes', `<style>.a{display:none}</style>${`<i class="${'a '.repeat(200)}">`.repeat(10_000)}`],
  ];
  for (const [name, html] of shapes) {
    const before = process.cpuUsage();
    seen(`${html}`, 16_384);
    const ms = process.cpuUsage(before).user / 1000;
    console.log(`${name}: ${(html.length / 1e6).toFixed(1)} MB in ${ms.toFixed(0)} ms`);
    assert.ok(ms < 2500, `${name}: ${ms} ms`);
  }
});
