import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { receivedSpf } from '../../src/sender-auth/received-spf.ts';

const question = {
  address: '192.0.2.1',
  helo: 'mail.example.com',
  sender: address('joe@example.com'),
  receiver: 'mx.example.net',
};
const unfolded = (text: string) => text.replaceAll('\r\n\t', ' ');

test('a pass names the mechanism, an error its problem', () => {
  const pass = {
    result: 'pass',
    identity: 'mailfrom',
    domain: 'example.com',
    mechanism: 'ip4:192.0.2.0/24',
    lookups: 0,
  } as const;
  assert.equal(
    unfolded(receivedSpf(pass, question)),
    'pass (mx.example.net: example.com designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1; ' +
      'envelope-from="joe@example.com"; helo=mail.example.com; identity=mailfrom; mechanism="ip4:192.0.2.0/24"; receiver=mx.example.net',
  );
  const error = {
    result: 'temperror',
    identity: 'mailfrom',
    domain: 'example.com',
    problem: 'ETIMEOUT',
    lookups: 0,
  } as const;
  assert.match(unfolded(receivedSpf(error, question)), /^temperror \(.*\) .*problem="ETIMEOUT"; receiver=/);
});

test('the sender keeps the equals signs of forwarders', () => {
  const pass = { result: 'pass', identity: 'mailfrom', domain: 'fwd.example', lookups: 0 } as const;
  const text = receivedSpf(pass, { ...question, sender: address('SRS0=ab=cd=example.com=joe@fwd.example') });
  assert.match(unfolded(text), /envelope-from="SRS0=ab=cd=example\.com=joe@fwd\.example";/);
});

test('lines are short and strangers cannot leave their place', () => {
  const hostile = {
    ...question,
    helo: 'a"); receiver=evil\r\nX: y',
    sender: address('a"\\ (;\r\nReceived-SPF: pass@example.com'),
  };
  const none = { result: 'none', identity: 'mailfrom', domain: 'x)(y', lookups: 0 } as const;
  const text = receivedSpf(none, hostile);
  for (const line of text.split('\r\n')) assert.ok(line.length <= 120, line);
  assert.doesNotMatch(text.replaceAll('\r\n\t', ' '), /[\r\n\\]/);
  assert.equal(text.match(/receiver=/g)?.length, 1);
  assert.match(unfolded(text), /helo="a\?\?\? receiver\?evil\?\?X: y"; identity/);
});
