/** What the ledger keeps for the aggregate reports that domains ask for. RFC 9990 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY, HEADER, rsaRecord, signatureWith } from '../../sender-auth/signed-message.ts';
import { RunningGateway } from '../../support/running-gateway.ts';
import { SmtpClient } from '../../support/smtp-client.ts';

const record = (rsaRecord.match(/.{1,200}/g) ?? []).map((part) => `"${part}"`).join(' ');
const ZONE = [
  `rsa._domainkey.example.com TXT ${record}`,
  'example.com TXT "v=spf1 ip4:127.0.0.5 -all"',
  'quiet.example TXT "v=spf1 -all"',
  '_dmarc.quiet.example TXT "v=DMARC1; p=reject"',
];

/** The rows of mails from these clients. */
async function rows(
  mode: string,
  policy: string,
  mails: readonly (readonly [client: string, text: string])[],
) {
  const gateway = await RunningGateway.start({
    mainCf: `dmarc_policy = ${mode}\nsmtpd_relay_restrictions = reject_unauth_destination\n`,
    zone: [...ZONE, `_dmarc.example.com TXT "v=DMARC1; ${policy}"`],
  });
  for (const [client, text] of mails) {
    const smtp = new SmtpClient(gateway.port(), client);
    await smtp.dialogue('EHLO x', 'MAIL FROM:<joe@example.com>', 'RCPT TO:<us@ours.test>', 'DATA');
    await smtp.say(`${text}\r\n${BODY}.`);
    smtp.close();
  }
  await gateway.stop();
  return gateway.attempts.map(({ dmarc_report }) => dmarc_report);
}

test('what was published, found and done is kept for a domain that asks for reports', async () => {
  const policy = 'p=reject; sp=none; adkim=s; rua=mailto:reports@example.com';
  const [passed, failed] = await rows('enforce', policy, [
    ['127.0.0.5', `${signatureWith({})}${HEADER}`],
    ['127.0.0.6', HEADER],
  ]);
  const common = {
    report_to: ['mailto:reports@example.com'],
    policy_published: {
      ...{ domain: 'example.com', p: 'reject', sp: 'none', np: 'none', adkim: 's', aspf: 'r' },
      ...{ testing: 'n', discovery_method: 'treewalk' },
    },
    identifiers: { header_from: 'example.com', envelope_from: 'example.com' },
  };
  assert.deepEqual(passed, {
    ...common,
    policy_evaluated: { disposition: 'none', dkim: 'pass', spf: 'pass' },
    auth_results: {
      dkim: [{ domain: 'example.com', selector: 'rsa', result: 'pass' }],
      spf: { domain: 'example.com', scope: 'mfrom', result: 'pass' },
    },
  });
  assert.deepEqual(failed, {
    ...common,
    policy_evaluated: { disposition: 'reject', dkim: 'fail', spf: 'fail' },
    auth_results: { dkim: [], spf: { domain: 'example.com', scope: 'mfrom', result: 'fail' } },
  });
});

test('monitoring does nothing, and nothing is kept for those who ask for no reports', async () => {
  const [failed, quiet] = await rows('monitor', 'p=quarantine; rua=mailto:a@example.com', [
    ['127.0.0.6', HEADER],
    ['127.0.0.6', HEADER.replace('joe@example.com', 'joe@quiet.example')],
  ]);
  const { policy_evaluated: evaluated } = failed as { policy_evaluated: object };
  assert.deepEqual(evaluated, { disposition: 'none', dkim: 'fail', spf: 'fail' });
  assert.equal(quiet, undefined);
});
