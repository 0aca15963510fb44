/** The maxproc column of master.cf: a place is free again when its client has gone, with TLS and without. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { RunningGateway } from '../support/running-gateway.ts';

const heard = async (socket: Socket) => String((await once(socket, 'data'))[0]).trim();

test('places are given back, also after STARTTLS', async () => {
  const gateway = await RunningGateway.start({
    mainCf: 'smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {dir}/both.pem\n',
    masterCf: 'smtp inet n - n - 2 smtpd\n',
    files: { 'both.pem': testKey + testCertificate },
  });
  try {
    for (let i = 0; i < 5; i++) {
      const socket = connect(gateway.port(), '127.0.0.1');
      assert.match(await heard(socket), /^220 /, `client ${i + 1}`);
      socket.write('EHLO x\r\n');
      await heard(socket);
      socket.write('STARTTLS\r\n');
      assert.match(await heard(socket), /^220 /);
      const secure = connectTls({ socket, rejectUnauthorized: false });
      await once(secure, 'secureConnect');
      secure.write('QUIT\r\n');
      assert.match(await heard(secure), /^221 /);
      await once(secure, 'close');
    }
    const two = [connect(gateway.port(), '127.0.0.1'), connect(gateway.port(), '127.0.0.1')];
    for (const socket of two) assert.match(await heard(socket), /^220 /);
    const third = connect(gateway.port(), '127.0.0.1');
    assert.match(await heard(third), /^421 4\.3\.2 /);
    for (const socket of [...two, third]) socket.destroy();
  } finally {
    await gateway.stop();
  }
});
