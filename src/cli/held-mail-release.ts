/** Releases held mail: delivers it, tells what the next hop said, and keeps what was refused. */
import { stat } from 'node:fs/promises';
import { assembleQuarantine } from '../assembly/quarantine.ts';
import { ReleaseDesk } from '../assembly/release.ts';
import { replyText } from '../mail/reply.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import { openLog } from '../record/pino-log.ts';
import type { Released } from '../release.ts';
import type { Configuration } from '../settings/configuration.ts';
import { alone, complain } from './held-mail-access.ts';
import { terminalText } from './terminal-text.ts';

export interface ReleaseWishes {
  readonly json?: boolean | undefined;
  /** Deliver as this service does, not as the one that the mail came in by. */
  readonly service?: string | undefined;
}

/** The exit status: 0 when everything was delivered. */
export async function releaseAll(
  configuration: Configuration,
  ids: readonly string[],
  { json = false, service }: ReleaseWishes,
): Promise<number> {
  const { maillog_file, maillog_format: format, syslog_name: name } = configuration.settings;
  const isShared = ['/dev/stdout', '-'].includes(maillog_file);
  const log = openLog({ file: isShared ? '/dev/stderr' : maillog_file, format, name }); // stdout is for answers
  const quarantine = assembleQuarantine(configuration.settings, log);
  const desk = new ReleaseDesk(configuration, quarantine, log);
  let status = 0;
  try {
    for (const id of ids) {
      const released = await alone(quarantine, id, () => releaseOne(quarantine, desk, id, service));
      if (!released || released.refused.length > 0) status = 1;
      if (released) console.log(json ? jsonLine(id, released) : answerLines(id, released).join('\n'));
    }
  } finally {
    await desk.close();
    log.flush();
  }
  return status;
}

async function releaseOne(
  { shelf }: Quarantine,
  desk: ReleaseDesk,
  id: string,
  otherService: string | undefined,
): Promise<Released | undefined> {
  const held = await shelf.find(id);
  if (!held) return undefined;
  const service = otherService ?? held.session.service;
  const releaser = await desk.releaser(service);
  if (!releaser) {
    return complain(id, `there is no service "${service}" in master.cf; name another with --service`);
  }
  const { size } = await stat(shelf.messagePath(id));
  if (size !== held.sizeBytes) {
    return complain(id, `the message has ${size} bytes; it should have ${held.sizeBytes}: it is damaged`);
  }
  const released = await releaser.release(held, () => shelf.message(id));
  const left = released.refused.map(({ recipient }) => recipient);
  if (left.length === 0) await shelf.remove(id);
  else if (released.delivered.length > 0) {
    await shelf.replace({ ...held, envelope: { ...held.envelope, recipients: left } });
  }
  return released;
}

function jsonLine(id: string, { delivered, refused, reply, backend }: Released): string {
  return JSON.stringify({
    id,
    delivered: delivered.map(({ address }) => address.text),
    refused: refused.map(({ recipient, reply: answer }) => ({
      recipient: recipient.address.text,
      reply: replyText(answer),
    })),
    backend,
    reply: reply && replyText(reply),
  });
}

function answerLines(id: string, { delivered, refused, reply, backend }: Released): string[] {
  const by = backend === undefined ? '' : ` (${backend})`;
  const to = delivered.map(({ address }) => `<${address.text}>`).join(', ');
  const good = to === '' || !reply ? [] : [`${id}: delivered to ${to}: ${replyText(reply)}${by}`];
  const bad = refused.map(
    ({ recipient, reply: answer }) =>
      `${id}: not delivered to <${recipient.address.text}>, and kept: ${replyText(answer)}${by}`,
  );
  return [...good, ...bad].map(terminalText);
}
