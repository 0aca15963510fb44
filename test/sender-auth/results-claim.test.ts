import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerFields } from '../../src/sender-auth/header-fields.ts';
import { claimsToBeOurs } from '../../src/sender-auth/results-claim.ts';

const OURS = ['mx.example.net', 'Old.Example.NET', 'bücher.example'];

function claims(field: string): boolean {
  const [parsed] = headerFields(Buffer.from(`${field}\r\n`));
  return claimsToBeOurs(parsed ?? assert.fail(), OURS);
}

test('fields in our name', () => {
  const cases = [
    'Authentication-Results: mx.example.net; spf=pass',
    'AUTHENTICATION-RESULTS:MX.Example.Net;spf=pass',
    'Authentication-Results : mx.example.net; spf=pass',
    'Authentication-Results\r\n : mx.example.net; spf=pass',
    'Authentication-Results:\r\n\told.example.net 1; none',
    'Authentication-Results: (hello (there)) mx.example.net; spf=pass',
    'Authentication-Results: (\\)) mx.example.net (x); spf=pass',
    'Authentication-Results: "mx.example.net"; spf=pass',
    'Authentication-Results: "mx.exam\\ple.net"; spf=pass',
    'Authentication-Results: mx.example.net.; spf=pass',
    'Authentication-Results: mx.example.net',
    'Authentication-Results: mx.example.net, other; spf=pass',
    'Authentication-Results: mx.example.net/1; spf=pass',
    'Authentication-Results: xn--bcher-kva.example; spf=pass',
    'Authentication-Results: (; mx.example.net; dkim=pass',
    'Authentication-Results: "x; MX.EXAMPLE.NET; dkim=pass',
  ];
  for (const field of cases) assert.ok(claims(field), field);
});

test('fields of others', () => {
  const cases = [
    'Authentication-Results: mx.example.com; spf=pass',
    'Authentication-Results: a.mx.example.net; spf=pass',
    'Authentication-Results: mx.example.net.evil.example; spf=pass',
    'Authentication-Results: evil.example; spf=pass smtp.mailfrom=mx.example.net',
    'Authentication-Results: (mx.example.net) other.example; spf=pass',
    'Authentication-Results: evil.example (; mx.example.net; dkim=pass',
    'Authentication-Results: (never closed; spf=pass',
    'ARC-Authentication-Results: i=1; mx.example.net; spf=pass',
    'X-Authentication-Results: mx.example.net; spf=pass',
    'Subject: Authentication-Results: mx.example.net; spf=pass',
  ];
  for (const field of cases) assert.ok(!claims(field), field);
});
