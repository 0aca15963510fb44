/** Each of the attacks must end in an unusable From or in results that can be read in one way only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import {
  authenticationResults,
  dkimMethods,
  dmarcMethod,
  spfMethod,
} from '../../src/sender-auth/authentication-results.ts';
import { DkimVerification } from '../../src/sender-auth/dkim-verify.ts';
import { evaluateDmarc } from '../../src/sender-auth/dmarc.ts';
import { authorOfFields } from '../../src/sender-auth/from-header.ts';
import { parseResults } from '../../src/sender-auth/results-parser.ts';
import { checkSpf } from '../../src/sender-auth/spf.ts';
import { ATTACKS, type Attack, INJECTIONS, ZONE } from './espoofer-attacks.ts';
import { FakeDns } from './fake-dns.ts';
import { BODY, signatureWith } from './signed-message.ts';

async function judge({
  helo = 'attack.example',
  mailFrom = 'any@attack.example',
  header,
  signature,
}: Attack) {
  const dns = new FakeDns(ZONE);
  const question = { address: '203.0.113.66', helo, sender: address(mailFrom), receiver: 'mx.example.net' };
  const spf = await checkSpf(question, { dns, timeoutMs: 1000 });
  const lines = `${header.join('\r\n')}\r\n`;
  const verification = new DkimVerification({ dns, timeoutMs: 1000 });
  verification.header(
    Buffer.from((signature ? signatureWith(signature, lines, BODY) : '') + lines, 'latin1'),
  );
  verification.body(Buffer.from(BODY));
  const dkim = await verification.finish();
  const author = authorOfFields(verification.fields);
  const dmarc = await evaluateDmarc({ author, spf, dkim }, { dns, timeoutMs: 1000 });
  const field = authenticationResults('mx.example.net', [
    spfMethod(spf, question),
    ...dkimMethods(dkim),
    dmarcMethod(dmarc),
  ]);
  return { dmarc, field };
}

for (const attack of [...ATTACKS, ...INJECTIONS]) {
  test(attack.name, async () => {
    const { dmarc, field } = await judge(attack);
    assert.match(field, /^(?:[\x20-\x7e]|\r\n\t)+$/);
    assert.equal(field.match(/(?<!\.)\bdkim=/g)?.length, 1, field);
    assert.equal(field.match(/(?<!\.)\bdmarc=/g)?.length, 1, field);
    const { authservId, results = [] } = parseResults(field) ?? {};
    assert.equal(authservId, 'mx.example.net');
    assert.deepEqual(
      results.map(({ method }) => method),
      ['spf', 'dkim', 'dmarc'],
      field,
    );
    const said = results.at(-1);
    if (attack.ends === 'unusable') {
      assert.ok(dmarc.unusableFrom, field);
      assert.deepEqual(
        [said?.result, said?.reason, said?.properties.size],
        ['permerror', dmarc.unusableFrom, 0],
      );
    } else {
      assert.deepEqual([said?.result, said?.properties.get('header.from')], attack.ends, field);
    }
    for (const { result, properties } of results) {
      if (result === 'pass')
        assert.ok(![...properties.values()].some((value) => value.endsWith('bank.example')), field);
    }
  });
}

test('there are 22 of them', () => assert.equal(ATTACKS.length, 22));
