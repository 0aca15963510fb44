import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributeCommands, type ClientAttributes } from '../../src/smtp/client-attributes.ts';

const facts: ClientAttributes = new Map([
  ['NAME', 'mail.example.com'],
  ['ADDR', 'IPv6:2001:db8::1'],
  ['HELO', 'a b\r\nMAIL FROM:<>'],
  ['IDENT', undefined],
]);

test('only what is offered is sent, in our order', () => {
  assert.deepEqual(attributeCommands('XFORWARD', ['IDENT', 'ADDR', 'NAME'], facts), [
    'XFORWARD NAME=mail.example.com ADDR=IPv6:2001:db8::1 IDENT=[UNAVAILABLE]',
  ]);
  assert.deepEqual(attributeCommands('XCLIENT', [], facts), []);
});

test('no value can become a command', () => {
  assert.deepEqual(attributeCommands('XCLIENT', ['HELO'], facts), ['XCLIENT HELO=a+20b+0D+0AMAIL+20FROM:<>']);
});

test('what is too long for one line takes several', () => {
  const long: ClientAttributes = new Map([
    ['NAME', 'n'.repeat(240)],
    ['ADDR', '192.0.2.1'],
    ['HELO', 'h'.repeat(255)],
    ['IDENT', 'Q1'],
  ]);
  const commands = attributeCommands('XFORWARD', ['NAME', 'ADDR', 'HELO', 'IDENT'], long);
  assert.equal(commands.length, 2);
  assert.ok(commands.every((command) => command.length <= 510));
  assert.equal(commands.join('').match(/XFORWARD/g)?.length, 2);
  assert.match(commands[1] ?? '', /^XFORWARD HELO=h+ IDENT=Q1$/);
});
