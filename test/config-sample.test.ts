/** The sample configuration is the manual: it says the truth about every default, and about everything that is ours. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parameterCatalogue } from '../src/settings/config-lines.ts';

const sample = readFileSync(join(import.meta.dirname, '..', 'config', 'main.cf'), 'utf8');
const commented = new Map(
  [...sample.matchAll(/^#(\w+) = ?(.*)$/gm)].map((match) => [match[1] ?? '', (match[2] ?? '').trim()]),
);
const catalogue = new Map(parameterCatalogue().map((row) => [row.name, row]));

/** Examples, and what is computed from the machine. */
const notDefaults = new Set([
  ...['relay_domains', 'smtpd_restriction_classes', 'strict', 'relaxed', 'mynetworks', 'mynetworks_style'],
  ...['myhostname', 'mydomain', 'worker_processes', 'smtpd_relay_restrictions', 'smtpd_forbid_bare_newline'],
  ...['smtpd_sasl_path', 'smtpd_client_event_limit_exceptions', 'dns_timeout', 'dns_tries'],
]);

test('every commented value is the default', () => {
  const wrong = [...commented]
    .filter(([name]) => !notDefaults.has(name))
    .filter(([name, value]) => (catalogue.get(name)?.default ?? '').replace(/\s+/g, ' ') !== value)
    .map(([name, value]) => `${name}: "${value}", but the default is "${catalogue.get(name)?.default}"`);
  assert.deepEqual(wrong, []);
});

test('every parameter of our own stands in the manual', () => {
  const missing = [...catalogue.values()]
    .filter(({ name, since }) => since === 'portcullis' && !new RegExp(`^#?${name} =`, 'm').test(sample))
    .map(({ name }) => name);
  assert.deepEqual(missing, []);
});
