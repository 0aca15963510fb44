/** The thread behind mail-view.ts: reads one file, tells one view, ends. */
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type AddressObject, simpleParser } from 'mailparser';
import type { MailView, ViewWish } from './mail-view.ts';

const LONGEST_FIELD = 1_000;
const MOST_ATTACHMENTS = 100;
const LONGEST_HTML = 500_000;

async function view({ path, mostBytes, mostTextLength }: ViewWish): Promise<MailView> {
  const mail = await simpleParser(createReadStream(path, { end: mostBytes - 1 }), {
    skipImageLinks: true,
    skipTextLinks: true,
    skipTextToHtml: true,
    maxHtmlLengthToParse: LONGEST_HTML,
  });
  return {
    subject: field(mail.subject),
    from: field(mail.from?.text),
    to: field(addresses(mail.to)),
    date: mail.date?.toISOString() ?? '',
    text: (mail.text ?? '').slice(0, mostTextLength),
    attachments: mail.attachments.slice(0, MOST_ATTACHMENTS).map(({ filename, contentType, size }) => ({
      name: field(filename),
      type: field(contentType),
      sizeBytes: size,
    })),
  };
}

function addresses(to: AddressObject | AddressObject[] | undefined): string {
  return [to ?? []]
    .flat()
    .map((one) => one.text)
    .join(', ');
}

function field(text: string | undefined): string {
  return (text ?? '').slice(0, LONGEST_FIELD);
}

parentPort?.postMessage(await view(workerData as ViewWish));
