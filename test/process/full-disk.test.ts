/** A full disk: mail that needs none goes on, mail that does is told to come back, and nothing is lost or said too early. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ownNetwork } from '../support/own-network.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

const ROOM = '4m';
const LARGE_BYTES = 3_000_000;

/** Files there that are open, with a name or without. */
function openFiles(directory: string): string[] {
  const targets = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the one of the directory itself
    }
  });
  return targets.filter((target) => target.startsWith(directory));
}

/** Writes until there is no more room. */
function fill(path: string): void {
  for (let i = 0; ; i++) {
    try {
      writeFileSync(`${path}${i}`, Buffer.alloc(4_096));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      return;
    }
  }
}

async function mail(gateway: RunningGateway, subject: string, bytes: number): Promise<string> {
  const client = new SmtpClient(gateway.port());
  await client.dialogue('EHLO x.test', 'MAIL FROM:<a@far.test>', 'RCPT TO:<b@ours.test>', 'DATA');
  client.write(
    `Subject: ${subject}\r\n\r\n${'sixty-four octets with their line end, again and again and so o\n'.replace('\n', '\r\n').repeat(bytes / 64)}.\r\n`,
  );
  const answer = await client.reply();
  client.close();
  return answer;
}

const network = ownNetwork();
if (network) {
  describe('a full disk', { skip: network.skip }, () => {
    test('small mail passes, large mail is told 452, and all is well when there is room again', async (t) => {
      const disk = mkdtempSync(join(tmpdir(), 'disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM}`, 'none', disk]);
      mkdirSync(join(disk, 'spool')); // as the supervisor does
      const gateway = await RunningGateway.start({
        mainCf: `data_directory = ${disk}\nmessage_size_limit = 20000000\n`,
        keepsLedger: true,
      });
      t.after(async () => {
        await gateway.stop();
        execFileSync('umount', [disk]);
        rmSync(disk, { recursive: true });
      });
      assert.match(await mail(gateway, 'before', LARGE_BYTES), /^250 /);
      fill(join(disk, 'fill'));
      assert.match(await mail(gateway, 'small', 6_400), /^250 /);
      assert.match(await mail(gateway, 'large', LARGE_BYTES), /^452 4\.3\.1 /);
      for (const name of readdirSync(disk)) if (name.startsWith('fill')) rmSync(join(disk, name));
      assert.match(await mail(gateway, 'after', LARGE_BYTES), /^250 /);
      const subjects = gateway.backend.received.map(
        ({ wire }) => /^Subject: (.*)\r$/m.exec(wire.subarray(0, 1_000).toString())?.[1],
      );
      assert.deepEqual(subjects, ['before', 'small', 'after']);
      const inSpool = () => [...readdirSync(join(disk, 'spool')), ...openFiles(join(disk, 'spool'))];
      await until(
        () => inSpool().length === 0,
        () => `${inSpool()} takes room for nothing`,
        3_000, // the garbage collector would close it some day
      );
      assert.ok(!gateway.log.some((line) => line.includes('internal error')), gateway.log.join('\n'));
    });
  });
}
