/** A login with an access token through the whole gateway, against an authorization server on loopback. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { RunningGateway } from '../support/running-gateway.ts';
import { Client } from './served.ts';

const LONG = 'x'.repeat(3_000);
const http = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const token = new URLSearchParams(body).get('token');
    if (token === 'down') return response.writeHead(503).end();
    response.end(JSON.stringify({ active: token === LONG, email: 'joe@ours.test' }));
  });
});
let gateway: RunningGateway;

before(async () => {
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const address = http.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  gateway = await RunningGateway.start({
    files: { passwd: '' },
    mainCf: `smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_oauth_introspection_url = http://127.0.0.1:${port}/introspect
`,
  });
});
after(async () => {
  await gateway.stop();
  http.closeAllConnections();
  http.close();
});

const initial = (token: string) =>
  Buffer.from(`user=joe@ours.test\x01auth=Bearer ${token}\x01\x01`).toString('base64');

test('tokens: a long one in the AUTH line, a refused one, and one that cannot be checked now', async () => {
  const client = await Client.open(gateway.port());
  assert.match(await client.say('EHLO client.test'), /250-AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2\|/);
  const challenge = Buffer.from('{"status":"401","schemes":"bearer"}').toString('base64');
  assert.equal(await client.say(`AUTH XOAUTH2 ${initial('bad')}`), `334 ${challenge}`);
  assert.equal(await client.say(''), '535 5.7.8 Error: authentication failed: authentication failure');
  assert.equal(
    await client.say(`AUTH XOAUTH2 ${initial('down')}`),
    '454 4.7.0 Temporary authentication failure: Connection lost to authentication server',
  );
  assert.match(await client.say(`AUTH XOAUTH2 ${'A'.repeat(13_000)}`), /^535 5\.7\.8 /);
  assert.equal(await client.say(`auth XOAUTH2 ${initial(LONG)}`), '235 2.7.0 Authentication successful');
  assert.equal(await client.say('MAIL FROM:<joe@ours.test>'), '250 2.1.0 Ok');
  assert.equal(await client.say('RCPT TO:<b@elsewhere.test>'), '250 2.1.5 Ok');
  client.close();
  const failed = gateway.log.filter((line) => line.includes('XOAUTH2'));
  assert.match(
    failed[0] ?? '',
    /XOAUTH2 authentication failed: authentication failure, sasl_username=joe@ours\.test$/,
  );
  assert.match(failed[1] ?? '', /XOAUTH2 authentication failed: Connection lost to authentication server, /);
});
