/** What is sent in the demo: who sends it, what he says, and what should become of it. */
import type { AttemptVerdict } from '../record/attempt.ts';

export interface DemoAttempt {
  readonly title: string;
  /** A loopback address: the demo's DNS knows it. */
  readonly client: string;
  readonly helo: string;
  readonly sender: string;
  readonly recipient: string;
  readonly message: string;
  /** Through the submission service, with this password. */
  readonly password?: string;
  /** Comes back after so long. */
  readonly afterMs?: number;
  readonly expected: AttemptVerdict;
}

const GREYLIST_WAIT_MS = 1_200;

function mail(from: string, subject: string, body: string, more: readonly string[] = []): string {
  const header = [`From: ${from}`, 'To: ann@demo.test', `Subject: ${subject}`, ...more];
  return [...header, '', ...body.split('\n'), ''].join('\r\n');
}

/** An attachment as a mail program would write it. */
function withAttachment(name: string, content: Buffer): { text: string; header: string } {
  const boundary = 'demo-boundary';
  const lines = [
    `--${boundary}`,
    '',
    'See the attachment.',
    `--${boundary}`,
    `Content-Type: application/octet-stream; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    ...(content.toString('base64').match(/.{1,76}/g) ?? []),
    `--${boundary}--`,
  ];
  return { text: lines.join('\n'), header: `Content-Type: multipart/mixed; boundary="${boundary}"` };
}

const FRIEND = { client: '127.0.0.10', helo: 'mail.friend.test', sender: 'joe@friend.test' } as const;
const TO_ANN = { recipient: 'ann@demo.test' } as const;

/** `zip`: an archive with a program in it. */
export function demoAttempts(zip: Buffer, password: string): DemoAttempt[] {
  const hello = mail('Joe <joe@friend.test>', 'Lunch?', 'Tomorrow at noon?\nJoe');
  const attachment = withAttachment('invoice.zip', zip);
  return [
    {
      title: 'A stranger tries to send through us to somebody else',
      ...FRIEND,
      recipient: 'bob@elsewhere.test',
      message: hello,
      expected: 'reject',
    },
    {
      title: 'A newcomer is told to come back',
      ...FRIEND,
      ...TO_ANN,
      message: hello,
      expected: 'defer',
    },
    {
      title: 'He comes back',
      ...FRIEND,
      ...TO_ANN,
      message: hello,
      afterMs: GREYLIST_WAIT_MS,
      expected: 'accept',
    },
    {
      title: 'A client that says it is us',
      client: '127.0.0.11',
      helo: 'mx.demo.test',
      sender: 'x@stranger.test',
      ...TO_ANN,
      message: mail('x@stranger.test', 'hi', 'hi'),
      expected: 'reject',
    },
    {
      title: 'A client on a block list',
      client: '127.0.0.12',
      helo: 'mail.offers.test',
      sender: 'sale@offers.test',
      ...TO_ANN,
      message: mail('sale@offers.test', 'Offers', 'Buy now'),
      expected: 'reject',
    },
    {
      title: 'A client in a network of the table "networks"',
      client: '127.0.0.70',
      helo: 'pc.stranger.test',
      sender: 'x@stranger.test',
      ...TO_ANN,
      message: mail('x@stranger.test', 'hi', 'hi'),
      expected: 'reject',
    },
    {
      title: 'Somebody who says he is the bank',
      client: '127.0.0.11',
      helo: 'mail.stranger.test',
      sender: 'service@bank.test',
      ...TO_ANN,
      message: mail('service@bank.test', 'Your account', 'Please log in here.'),
      expected: 'reject',
    },
    {
      title: 'The same, more cleverly: only the From line names the bank',
      ...FRIEND,
      ...TO_ANN,
      message: mail('Your bank <service@bank.test>', 'Your account', 'Please log in here.'),
      expected: 'reject',
    },
    {
      title: 'A word that we do not like in a subject',
      ...FRIEND,
      ...TO_ANN,
      message: mail('joe@friend.test', 'Win a prize today', 'Click here.'),
      expected: 'reject',
    },
    {
      title: 'A telephone number in disguise, in HTML',
      ...FRIEND,
      ...TO_ANN,
      message: mail(
        'joe@friend.test',
        'Call me',
        '<p>Call <b>(5&#53;5)</b> 8<span>6</span>7 - 53<i>O</i>9 now</p>',
        ['Content-Type: text/html; charset=utf-8'],
      ),
      expected: 'reject',
    },
    {
      title: 'A program inside an archive',
      ...FRIEND,
      ...TO_ANN,
      message: mail('joe@friend.test', 'Invoice', attachment.text, [attachment.header]),
      expected: 'reject',
    },
    {
      title: 'One of our users writes, logged in; his mail is signed',
      client: '127.0.0.150',
      helo: 'laptop.demo.test',
      sender: 'ann@demo.test',
      recipient: 'ann@demo.test',
      message: mail('Ann <ann@demo.test>', 'Note to self', 'Buy milk.'),
      password,
      expected: 'accept',
    },
    {
      title: 'She mistypes an address: the mail server behind says so, and she hears it at once',
      client: '127.0.0.150',
      helo: 'laptop.demo.test',
      sender: 'ann@demo.test',
      recipient: 'nobody@demo.test',
      message: mail('Ann <ann@demo.test>', 'Hello', 'Are you there?'),
      password,
      expected: 'reject',
    },
  ];
}
