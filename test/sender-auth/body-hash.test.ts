import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { BodyHashes } from '../../src/sender-auth/body-hash.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

test('hashes of one walk: whole and limited', () => {
  const bodies = new BodyHashes();
  const whole = bodies.want('relaxed');
  const five = bodies.want('relaxed', 5);
  const none = bodies.want('relaxed', 0);
  const simple = bodies.want('simple');
  assert.equal(bodies.want('relaxed', 5), five);
  for (const chunk of ['He', 'llo  wo', 'rld ', '\r\n\r\n']) bodies.update(Buffer.from(chunk));
  bodies.end();
  bodies.end();
  assert.equal(whole.digest().toString('base64'), sha256('Hello world\r\n'));
  assert.equal(five.digest().toString('base64'), sha256('Hello'));
  assert.equal(none.digest().toString('base64'), sha256(''));
  assert.equal(simple.digest().toString('base64'), sha256('Hello  world \r\n'));
  assert.deepEqual([whole.total, five.total, simple.total], [13, 13, 15]);
  assert.equal(whole.digest(), whole.digest());
});

test('the empty bodies of RFC 6376 3.4.3 and 3.4.4', () => {
  const bodies = new BodyHashes();
  const hashes = [bodies.want('simple'), bodies.want('relaxed')];
  bodies.end();
  assert.deepEqual(
    hashes.map((hash) => hash.digest().toString('base64')),
    ['frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='],
  );
});
