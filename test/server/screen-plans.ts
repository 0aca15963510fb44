/**
 * Dialogues with clients that postscreen looks at: played with a real Postfix by screen-recorder.ts, whose answers are in
 * recordings/screen.json, and with the gateway by screen.test.ts.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who connects, and what he does: writes, waits for a line that begins so (`?220-`), `<fin>`, `<rst>`. */
export type Client = readonly [from: string, ...steps: string[]];

export interface Plan {
  readonly name: string;
  readonly mainCf: string;
  /** Those of a wave come at the same time; the next wave when all of them are gone. */
  readonly waves: readonly (readonly Client[])[];
}

/** What came of it. */
export interface Played {
  readonly name: string;
  /** For each client: `0.1 S: 220 ...`, in seconds after it connected. */
  readonly heard: readonly (readonly string[])[];
  readonly log: readonly string[];
}

const ALL = 'EHLO x.test\r\nMAIL FROM:<a@far.test>\r\nRCPT TO:<b@ours.test>\r\nDATA\r\n';
const QUIT = ['QUIT\r\n', '?221', '?<end>'] as const;
const MAIL = ['MAIL FROM:<a@b>\r\n', '?250 2.1.0', 'RCPT TO:<c@ours.test>\r\n', '?', ...QUIT] as const;
const EHLO = ['EHLO x\r\n', '?250 CHUNKING'] as const;

/** What the DNS says to all of them. */
export const zone: readonly string[] = [
  '127.0.2.20@bl.test A 127.0.0.2',
  '127.0.2.21@bl.test A 127.0.0.2',
  '127.0.2.22@wl.test A 127.0.0.2',
  '127.0.2.23@slow.test TIMEOUT',
  '127.0.2.24@bl.test A 127.0.0.2',
  '127.0.2.24@slow.test TIMEOUT',
];

export const plans: readonly Plan[] = [
  {
    name: 'enforce',
    mainCf: `postscreen_greet_wait = 2s
postscreen_greet_action = enforce
postscreen_dnsbl_sites = bl.test*2 wl.test*-2 slow.test
postscreen_dnsbl_threshold = 2
postscreen_dnsbl_action = enforce
postscreen_dnsbl_allowlist_threshold = -1
`,
    waves: [
      [
        ['127.0.2.1', '?220 ', ...EHLO, ...QUIT],
        ['127.0.2.2', '?220-', ...EHLO, ...MAIL],
        ['127.0.2.3', '?220-', ALL, '?<end>'],
        ['127.0.2.4', '?220-', '<fin>', '?<end>'],
        ['127.0.2.5', '?220-', '<rst>'],
        ['127.0.2.6', '?220-', 'G\x01E"T\\ / \tx\x7f\xe9\r\n', '?502', '<fin>', '?<end>'],
        ['127.0.2.20', '?220 ', ...EHLO, ...MAIL],
        ['127.0.2.21', '?220-', ...EHLO, ...MAIL],
        ['127.0.2.22', '?220 ', ...QUIT],
        ['127.0.2.23', '?220 ', ...QUIT],
        ['127.0.2.24', '?220 ', ...EHLO, ...MAIL],
      ],
      [
        ['127.0.2.1', '?220 ', ...QUIT],
        ['127.0.2.2', '?220 ', ...QUIT],
        ['127.0.2.22', '?220 ', ...QUIT],
      ],
    ],
  },
  {
    name: 'drop',
    mainCf: `postscreen_greet_wait = 2s
postscreen_greet_action = drop
postscreen_dnsbl_sites = bl.test*2
postscreen_dnsbl_threshold = 2
postscreen_dnsbl_action = drop
postscreen_access_list = permit_mynetworks, cidr:{{127.0.2.30 reject}, {127.0.2.31 permit}, {127.0.2.32 dunno}}
postscreen_denylist_action = drop
smtpd_reject_footer = \\c; see x
`,
    waves: [
      [
        ['127.0.2.2', '?220-', ALL, '?521'],
        ['127.0.2.20', '?521', '?<end>'],
        ['127.0.2.30', '?521', '?<end>'],
        ['127.0.2.31', '?220 ', ...QUIT],
        ['127.9.0.1', '?220 ', ...QUIT],
      ],
    ],
  },
  {
    name: 'ignore',
    mainCf: `postscreen_greet_wait = 1s
postscreen_dnsbl_sites = bl.test*2
postscreen_access_list = cidr:{{127.0.2.30 reject}}
postscreen_denylist_action = enforce
soft_bounce = yes
`,
    waves: [
      [
        ['127.0.2.2', '?220-', 'EHLO x\r\n', '?250 CHUNKING', ...QUIT],
        ['127.0.2.20', '?220 ', ...QUIT],
        [
          '127.0.2.30',
          '?220 ',
          ...EHLO,
          'MAIL FROM:<>\r\n',
          '?250',
          'RCPT TO:<a@b>\r\n',
          '?450',
          'DATA\r\n',
          '?<end>',
        ],
      ],
      [
        ['127.0.2.2', '?220 ', ...QUIT],
        ['127.0.2.20', '?220 ', ...QUIT],
      ],
    ],
  },
  {
    name: 'half',
    mainCf: `postscreen_greet_wait = 1s
postscreen_greet_banner =
postscreen_allowlist_interfaces = !127.0.0.1 static:all
`,
    waves: [[['127.0.2.1', '?220 ', ...EHLO, ...MAIL]]],
  },
];

/** The settings of both. */
export const BASE = `compatibility_level = 3.6
myhostname = gw.test
mydestination =
relay_domains = ours.test
mynetworks = 127.9.0.0/16
smtpd_peername_lookup = no
alias_maps =
local_recipient_maps =
smtpd_error_sleep_time = 0
smtpd_relay_restrictions = reject_unauth_destination
`;

async function play(port: number, [from, ...steps]: Client): Promise<string[]> {
  const began = performance.now();
  const heard: string[] = [];
  let stir: () => void = () => {};
  const note = (text: string) => {
    heard.push(`${((performance.now() - began) / 1_000).toFixed(1)} ${text}`);
    stir();
  };
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true, allowHalfOpen: true });
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      note(`S: ${text.slice(0, end)}`);
      text = text.slice(end + 2);
    }
  });
  for (const event of ['end', 'error', 'close'] as const) socket.on(event, () => note('<end>'));
  let from0 = 0;
  const until = async (wanted: string) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const at = heard.findIndex(
        (line, i) => i >= from0 && line.replace(/^\S+ (?:S: )?/, '').startsWith(wanted),
      );
      if (at >= 0 || performance.now() > deadline) {
        from0 = at + 1;
        return;
      }
      await new Promise<void>((resolve) => {
        stir = resolve;
        setTimeout(resolve, 1_000);
      });
    }
  };
  for (const step of steps) {
    if (step.startsWith('?')) await until(step.slice(1));
    else if (step === '<fin>') socket.end();
    else if (step === '<rst>') socket.resetAndDestroy();
    else socket.write(step);
  }
  socket.destroy();
  const ended = heard.findIndex((line) => line.endsWith('<end>'));
  return ended < 0 ? heard : heard.slice(0, ended + 1);
}

/** How long a client waits for one line. */
const PATIENCE_MS = 15_000;

/** What each client hears, wave by wave. */
export async function playAll(port: number, { waves }: Plan): Promise<string[][]> {
  const heard: string[][] = [];
  for (const wave of waves) {
    heard.push(...(await Promise.all(wave.map((client) => play(port, client)))));
    await sleep(300);
  }
  return heard;
}
