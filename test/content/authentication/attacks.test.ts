/** The attacks on a whole gateway, from MAIL to the bytes at the next hop: refused, or delivered with one plain field of results. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { address, externalForm } from '../../../src/mail/address.ts';
import { headerFields } from '../../../src/sender-auth/header-fields.ts';
import { parseResults } from '../../../src/sender-auth/results-parser.ts';
import { ATTACKS, type Attack, INJECTIONS, ZONE } from '../../sender-auth/espoofer-attacks.ts';
import { BODY, signatureWith } from '../../sender-auth/signed-message.ts';
import { RunningGateway } from '../../support/running-gateway.ts';
import { SmtpClient } from '../../support/smtp-client.ts';

const ATTACKER = '127.0.0.66';
/** What a mail brings along in our name, to be taken for ours. */
const PLANTED = 'Authentication-Results: gw.test; dmarc=pass header.from=bank.example';

const zone = Object.entries(ZONE).flatMap(([name, records]) => {
  if (typeof records === 'string') return [];
  return (records.TXT ?? []).map((text) => `${name} TXT ${quotedStrings(text)}`);
});

function quotedStrings(text: string): string {
  return (text.match(/.{1,200}/g) ?? []).map((part) => `"${part}"`).join(' ');
}

for (const mode of ['enforce', 'monitor'] as const) {
  describe(`dmarc_policy = ${mode}`, () => {
    let gateway: RunningGateway;
    before(async () => {
      gateway = await RunningGateway.start({
        mainCf: `dmarc_policy = ${mode}\nsmtpd_relay_restrictions = reject_unauth_destination\n`,
        zone,
      });
    });
    after(() => gateway.stop());

    /** The answer to the mail, or to what was refused before. */
    async function send({
      helo = 'attack.example',
      mailFrom = 'any@attack.example',
      header,
      signature,
    }: Attack) {
      const lines = `${header.join('\r\n')}\r\n`;
      const signed = `${signature ? signatureWith(signature, lines, BODY) : ''}${lines}${PLANTED}\r\n`;
      const client = new SmtpClient(gateway.port(), ATTACKER);
      try {
        await client.reply();
        for (const line of [
          `EHLO ${helo}`,
          `MAIL FROM:<${externalForm(address(mailFrom))}>`,
          'RCPT TO:<us@ours.test>',
          'DATA',
        ]) {
          const said = await client.say(line);
          if (!/^[23]/.test(said)) return said;
        }
        return await client.say(`${signed}\r\n${BODY}.`);
      } finally {
        client.close();
      }
    }

    for (const attack of [...ATTACKS, ...INJECTIONS]) {
      test(attack.name, async () => {
        const before = gateway.backend.received.length;
        const said = await send(attack);
        const [mail, ...others] = gateway.backend.received.slice(before);
        assert.deepEqual(others, []);
        if (!said.startsWith('250')) {
          assert.match(said, /^5\d\d 5\.\d+\.\d+ /);
          assert.equal(mail, undefined);
          return;
        }
        if (mode === 'enforce') assert.ok(attack.ends[0] === 'pass' || attack.ends[0] === 'none', said);
        assertPlain(attack, mail?.wire ?? Buffer.alloc(0));
      });
    }

    test('most are told why', () => {
      const refused = gateway.log.filter((line) => line.includes('reject: END-OF-MESSAGE'));
      if (mode === 'enforce')
        assert.ok(refused.every((line) => line.includes(' 550 5.7.26 ')) && refused.length > 15);
      else assert.deepEqual(refused, []);
    });
  });
}

/** One field of ours, on top, and nothing that speaks well of the bank. */
function assertPlain({ ends }: Attack, wire: Buffer): void {
  const fields = headerFields(wire.subarray(0, wire.indexOf('\r\n\r\n') + 2));
  const all = fields.filter(({ name }) => name === 'authentication-results');
  assert.ok(all.length <= 1, all.map(({ raw }) => raw).join('\n'));
  const [ours] = all;
  if (!ours) {
    assert.ok(ends === 'unusable' || ends[0] === 'none', 'nothing could be said of it');
    return;
  }
  assert.equal(fields[0], ours);
  const { authservId, results = [] } = parseResults(ours.raw.slice(ours.raw.indexOf(':') + 1)) ?? {};
  assert.equal(authservId, 'gw.test');
  const methods = results.map(({ method }) => method).join();
  // a first line that begins with white space ends the header: then there is no From
  assert.match(methods, ends === 'unusable' ? /^spf,dkim(,dmarc)?$/ : /^spf,dkim,dmarc$/, ours.raw);
  for (const { result, properties } of results) {
    const names = [...properties.values()];
    if (result === 'pass') assert.ok(!names.some((value) => value.endsWith('bank.example')), ours.raw);
  }
}
