import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { Client, Served } from '../accounts/served.ts';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';

const skip = process.getuid?.() !== 0 && 'only root has files that others cannot read';

test('keys that only root can read sign and encrypt after root is given up', { skip }, async (t) => {
  const backend = await FakeBackend.start();
  const gateway = new Served();
  t.after(async () => {
    await gateway.stop();
    await backend.stop();
  });
  await gateway.prepare(`smtpd_proxy_filter = 127.0.0.1:${backend.port}
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
dkim_sign = yes
dkim_signing_maps = texthash:$config_directory/signing
tls_server_sni_maps = inline:{named.test=${gateway.directory}/named}
`);
  const secrets = { dkim: dkimKey(), key: testKey, named: testKey + testCertificate };
  for (const [name, text] of Object.entries(secrets)) {
    gateway.write(name, text);
    chmodSync(join(gateway.directory, name), 0o600);
  }
  gateway.write('signing', 'home.test home.test:sel:dkim\n');
  await gateway.start();
  assert.notEqual(ownerOfService(gateway), '0');

  const client = await Client.open(gateway.port);
  t.after(() => client.close());
  for (const line of ['EHLO a.test', 'MAIL FROM:<ann@home.test>', 'RCPT TO:<joe@ours.test>', 'DATA'])
    assert.match(await client.say(line), /^[23]/, line);
  assert.match(await client.say('From: ann@home.test\r\n\r\nhello\r\n.'), /^250 /);
  assert.match(backend.received[0]?.wire.toString() ?? '', /^DKIM-Signature: v=1;.* d=home\.test;/s);
  assert.match(await client.say('STARTTLS'), /^220 /);
  assert.equal(await handshake(client), testCertificate.trim());
});

function dkimKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The user that the newest worker is. */
function ownerOfService(gateway: Served): string | undefined {
  const pid = gateway.workers()[0];
  return /^Uid:\t\d+\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}

/** Goes on in TLS; the certificate that is shown. */
function handshake(client: Client): Promise<string> {
  return new Promise((resolve, reject) => {
    const secured = connect(
      { socket: client.socket, servername: 'named.test', rejectUnauthorized: false },
      () => resolve(secured.getPeerX509Certificate()?.toString().trim() ?? ''),
    );
    secured.on('error', reject);
  });
}
