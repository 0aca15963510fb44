/** TLS from the client's side: who hangs up in the middle, and who speaks TLS behind a load balancer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as secureConnect } from 'node:tls';
import { sessions } from '../../src/server/sessions.ts';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { RunningGateway } from '../support/running-gateway.ts';

const TLS = `
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
`;
const files = { 'cert.pem': testCertificate, 'key.pem': testKey };

async function running(t: TestContext, mainCf: string): Promise<RunningGateway> {
  const gateway = await RunningGateway.start({ mainCf: TLS + mainCf, files });
  t.after(() => gateway.stop());
  return gateway;
}

/** Says each text when the one before it in `expected` has been heard. */
async function talk(socket: Socket, script: readonly [heard: RegExp, say: string | Buffer][]): Promise<void> {
  let text = '';
  for (const [heard, say] of script) {
    while (!heard.test(text)) text += String(await once(socket, 'data'));
    text = '';
    socket.write(say);
  }
}

async function untilGone(): Promise<void> {
  for (let i = 0; i < 100 && sessions.count > 0; i++) await sleep(20);
}

for (const [how, leave] of [
  ['closes', (socket: Socket) => socket.end()],
  ['resets', (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`a client that ${how} the connection in the handshake is let go at once`, async (t) => {
    const gateway = await running(t, '');
    const socket = connect({ host: '127.0.0.1', port: gateway.port() });
    await talk(socket, [
      [/^220 [^\n]*\n/, 'EHLO x.test\r\n'],
      [/^250 [^\n]*\n/m, 'STARTTLS\r\n'],
      [/^220 [^\n]*\n/, Buffer.from('1603010100', 'hex')],
    ]);
    await sleep(50);
    leave(socket);
    await untilGone();
    assert.equal(sessions.count, 0);
    const log = gateway.log.join('\n');
    assert.match(log, /^SSL_accept error from \S+\[127\.0\.0\.1\]: .+$/m);
    assert.match(log, /^NOQUEUE: lost connection after STARTTLS from \S+\[127\.0\.0\.1\]$/m);
    assert.match(log, /^disconnect from \S+\[127\.0\.0\.1\] ehlo=1 starttls=0\/1 commands=1\/2$/m);
  });
}

test('a handshake takes no longer than smtpd_starttls_timeout', async (t) => {
  const gateway = await running(t, 'smtpd_starttls_timeout = 1s\nsmtpd_tls_wrappermode = yes\n');
  const socket = connect({ host: '127.0.0.1', port: gateway.port() });
  socket.on('error', () => {});
  await once(socket, 'close');
  await untilGone();
  assert.match(gateway.log.join('\n'), /^SSL_accept error from .*: time-out$/m);
  assert.match(gateway.log.join('\n'), /^NOQUEUE: lost connection after CONNECT from/m);
});

test('wrapper mode behind a load balancer: the TLS hello may come with the PROXY line', async (t) => {
  const gateway = await running(t, 'smtpd_tls_wrappermode = yes\nsmtpd_upstream_proxy_protocol = haproxy\n');
  const wire = connect({ host: '127.0.0.1', port: gateway.port() });
  const [near, far] = duplexPair();
  let header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 465\r\n';
  far.on('data', (bytes: Buffer) => {
    wire.write(Buffer.concat([Buffer.from(header), bytes]));
    header = '';
  });
  wire.on('data', (bytes) => far.write(bytes));
  wire.on('close', () => far.end());
  const client = secureConnect({ socket: near, rejectUnauthorized: false });
  await talk(client as unknown as Socket, [
    [/^220 [^\n]*\n/, 'QUIT\r\n'],
    [/^221 [^\n]*\n/, ''],
  ]);
  client.end();
  await untilGone();
  assert.match(gateway.log.join('\n'), /^connect from unknown\[192\.0\.2\.7\]$/m);
});

test('what follows STARTTLS unencrypted is thrown away', async (t) => {
  const gateway = await running(t, '');
  const wire = connect({ host: '127.0.0.1', port: gateway.port() });
  await talk(wire, [
    [/^220 [^\n]*\n/, 'EHLO x.test\r\n'],
    [/^250 [^\n]*\n/m, 'STARTTLS\r\nRSET\r\nNOOP\r\n'],
    [/^220 [^\n]*\n/, ''],
  ]);
  const client = secureConnect({ socket: wire, rejectUnauthorized: false });
  await once(client, 'secureConnect');
  client.write('VRFY b@ours.test\r\n');
  assert.match(String(await once(client, 'data')), /^252 /, 'the first answer is to what was encrypted');
  client.destroy();
  await untilGone();
});
