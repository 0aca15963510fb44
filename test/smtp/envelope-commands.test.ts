import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, address } from '../../src/mail/address.ts';
import type { RecipientOptions, SenderOptions } from '../../src/mail/envelope.ts';
import { multiline } from '../../src/mail/reply.ts';
import { plainCapabilities, readCapabilities } from '../../src/smtp/capabilities.ts';
import { mailCommand, rcptCommand } from '../../src/smtp/envelope-commands.ts';

const all = ['SIZE', '8BITMIME', 'SMTPUTF8', 'REQUIRETLS', 'DSN', 'AUTH PLAIN'];
const everything = readCapabilities(multiline(250, ['mx.test', ...all]));
const nothing = plainCapabilities();
const wishes: SenderOptions = {
  size: 100,
  body: '8BITMIME',
  smtputf8: true,
  requireTls: true,
  ret: 'HDRS',
  envid: 'Q+201',
  auth: 'joe@example.com',
};

test('MAIL passes on what is offered, and nothing else', () => {
  const whole = ' SIZE=100 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=Q+201 AUTH=joe@example.com';
  assert.equal(mailCommand(address('a@b.test'), wishes, everything), `MAIL FROM:<a@b.test>${whole}`);
  assert.equal(mailCommand(address('a@b.test'), wishes, nothing), 'MAIL FROM:<a@b.test>');
  assert.equal(mailCommand(address('a@b.test'), {}, everything), 'MAIL FROM:<a@b.test>');
  for (const keyword of all) {
    const can = readCapabilities(multiline(250, ['mx.test', keyword]));
    const words = (mailCommand(address('a@b.test'), wishes, can) ?? '').split(' ').slice(2);
    const expected = keyword === 'DSN' ? 2 : 1;
    assert.equal(words.length, expected, `${keyword}: ${words}`);
  }
});

test('BINARYMIME needs BDAT, which we do not speak', () => {
  assert.equal(mailCommand(address('a@b.test'), { body: 'BINARYMIME' }, everything), 'MAIL FROM:<a@b.test>');
});

test('RCPT passes on NOTIFY and ORCPT where DSN is offered', () => {
  const options: RecipientOptions = { notify: 'SUCCESS,DELAY', orcpt: 'rfc822;joe@example.com' };
  const whole = 'RCPT TO:<c@d.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;joe@example.com';
  assert.equal(rcptCommand(address('c@d.test'), options, everything), whole);
  assert.equal(rcptCommand(address('c@d.test'), options, nothing), 'RCPT TO:<c@d.test>');
});

const addresses: [name: string, of: Address, path: string | undefined][] = [
  ['the null sender', address(''), '<>'],
  ['quotes', address('joe user@b.test'), '<"joe user"@b.test>'],
  ['angle brackets in the local part', address('a>b@b.test'), '<"a>b"@b.test>'],
  ['a literal', address('a@[192.0.2.1]'), '<a@[192.0.2.1]>'],
  ['no domain', address('postmaster'), '<postmaster>'],
  ['UTF-8', address('grün@b.test'), '<grün@b.test>'],
  ['a line end', address('a\r\nRCPT TO:<x>@b.test'), undefined],
  ['NUL', address('a\0@b.test'), undefined],
  ['an escape', address('\x1b[2J@b.test'), undefined],
  [
    'a domain that ends the path',
    { text: 'a@b> NOTIFY=NEVER', local: 'a', domain: 'b> NOTIFY=NEVER' },
    undefined,
  ],
];

for (const [name, of, path] of addresses) {
  test(`an address with ${name}`, () => {
    const mail = path === undefined ? undefined : `MAIL FROM:${path}`;
    assert.equal(mailCommand(of, {}, nothing), mail);
    assert.equal(rcptCommand(of, {}, nothing), mail?.replace('MAIL FROM', 'RCPT TO'));
  });
}

test('a value that cannot stand in a command is left out', () => {
  assert.equal(mailCommand(address(''), { envid: 'a b' }, everything), 'MAIL FROM:<>');
  assert.equal(mailCommand(address(''), { auth: 'a\r\nRSET' }, everything), 'MAIL FROM:<>');
});
