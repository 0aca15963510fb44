/** The ground that end-to-end tests stand on. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { emptyDirectory, ownNetwork } from './own-network.ts';
import { noPostfix, RealPostfix } from './real-postfix.ts';

const network = ownNetwork();
if (network) {
  describe('a network of its own', { skip: network.skip }, () => {
    test('clients have any address, servers any port', async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(25, '203.0.113.1', done));
      const heard = new Promise<string | undefined>((done) =>
        server.once('connection', (socket) => done(socket.remoteAddress)),
      );
      const client = connect({ port: 25, host: '203.0.113.1', localAddress: '198.51.100.7' });
      assert.equal(await heard, '198.51.100.7');
      client.destroy();
      server.close();
    });

    test('Postfix delivers, with a configuration and a queue of its own', { skip: noPostfix }, async () => {
      const postfix = await RealPostfix.start({
        main: 'myhostname = mail.ours.test\nmydestination = ours.test\n',
        master: 'pickup unix n - n 60 1 pickup\n',
      });
      postfix.sendmail('ann@far.test', 'joe@ours.test', 'Subject: hello\n\nhello\n');
      assert.match(await postfix.mail('joe@ours.test', 'hello'), /^Return-Path: <ann@far\.test>\n/);
      postfix.stop();
    });

    test('directories of the machine are out of sight', () => {
      assert.ok(existsSync('/etc/passwd'));
      emptyDirectory('/etc');
      assert.ok(!existsSync('/etc/passwd'));
    });
  });
}
