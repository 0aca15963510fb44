import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResults } from '../../src/sender-auth/results-parser.ts';
import { processorMs } from '../support/processor-time.ts';

/** The results as short text, `undefined` when the value is not well-formed. */
function read(value: string): string {
  const parsed = parseResults(value);
  if (!parsed) return 'undefined';
  const items = parsed.results.map(({ method, result, reason, properties }) => {
    const pairs = [...properties].map(([name, text]) => ` ${name}=[${text}]`).join('');
    return `${method}=${result}${reason === undefined ? '' : ` reason=[${reason}]`}${pairs}`;
  });
  return [parsed.authservId, ...items].join('; ');
}

test('well-formed values', () => {
  const cases: [value: string, wanted: string][] = [
    ['mx.example; none', 'mx.example'],
    ['mx.example', 'mx.example'],
    ['"mx \\"example" 1; spf=pass', 'mx "example; spf=pass'],
    [
      ' (a (nested) comment) mx.example (x) ; (y) SPF (z) = Pass ( (v) ) smtp.mailfrom = joe@example.com ;',
      'mx.example; spf=pass smtp.mailfrom=[joe@example.com]',
    ],
    [
      'mx.example;\r\n\tdkim/1=pass (ok) reason="a;b" header.d=example.com header.b="a/b="',
      'mx.example; dkim=pass reason=[a;b] header.d=[example.com] header.b=[a/b=]',
    ],
    [
      'a; spf=pass smtp.mailfrom=x; dkim=none; dmarc=pass (p=none) action=none header.from=x',
      'a; spf=pass smtp.mailfrom=[x]; dkim=none; dmarc=pass action=[none] header.from=[x]',
    ],
  ];
  for (const [value, wanted] of cases) assert.equal(read(value), wanted, value);
});

test('values that may be read in two ways', () => {
  const cases = [
    ...[
      '',
      ';',
      'a b; none',
      'a; spf',
      'a; spf=',
      'a; spf=pass x',
      'a; =pass',
      'a; spf=pass smtp.mailfrom=a smtp.mailfrom=b',
    ],
    ...[
      'a; spf=pass (never closed',
      'a; spf=pass reason="never closed',
      'a) ; spf=pass',
      'a; spf=pass header.b=ab==',
      'a; none spf=pass',
    ],
    `a; ${'x=y;'.repeat(20_000)}`,
  ];
  for (const value of cases) assert.equal(read(value), 'undefined', value.slice(0, 60));
});

test('long values are linear work', (t) => {
  for (const filler of ['(', '()', ' ', '"', '""', 'x=y;', '\\', ';', '=']) {
    const start = processorMs();
    parseResults(`a; spf=pass ${filler.repeat(60_000 / filler.length)}`);
    const ms = processorMs() - start;
    t.diagnostic(`${filler}: ${ms.toFixed(1)} ms`);
    assert.ok(ms < 500, `${filler}: ${ms} ms`);
  }
});
