/**
 * gld.conf, the greylisting daemon that Postfix asks over the policy protocol: a `policy` service with check_greylist. Its
 * database is not read; senders are learned anew, see greylist_training.
 */
import { givenOr, readSettings } from './foreign-setting.ts';
import {
  type Dictionary,
  head,
  lost,
  type Meaning,
  needless,
  options,
  type Translation,
  translateAll,
} from './translation.ts';

const ONE_PROCESS = 'the gateway runs as mail_owner';
const OWN_STORE = 'what is remembered is in state_store';
const LOG = 'the log is in maillog_file';

const dictionary: Dictionary = {
  port: (value) => (/^\d+$/.test(value) ? head : lost('this is no port')),
  loopbackonly: bool(head, head),
  clients: (value) => options({ policy_authorized_clients: value }),
  user: () => needless(ONE_PROCESS),
  group: () => needless(ONE_PROCESS),
  maxcon: (value) => (/^\d+$/.test(value) ? head : lost('this is no number')),
  mintime: (value) =>
    /^\d+$/.test(value) ? options({ greylist_delay: `${value}s` }) : lost('this is no number of seconds'),
  lightgrey: bool(
    options({ greylist_key: 'network', greylist_ipv4_prefix: '24' }),
    options({ greylist_key: 'address' }),
  ),
  mxgrey: (value) =>
    /^\d+$/.test(value) ? options({ greylist_auto_whitelist_clients: value }) : lost('this is no number'),
  whitelist: bool(
    lost('write the rows of its table "whitelist" into a file, and its name into greylist_whitelist'),
    needless('greylist_whitelist is empty'),
  ),
  dnswl: (value) => lost(`put "permit_dnswl_client ${value}" in front of check_greylist`),
  erraccept: bool(
    options({ greylist_failure_action: 'dunno' }),
    options({ greylist_failure_action: 'defer' }),
  ),
  syslog: () => needless(LOG),
  facility: () => needless(LOG),
  message,
  training: bool(options({ greylist_training: 'yes' }), options({ greylist_training: 'no' })),
  keepdbopen: () => needless(OWN_STORE),
  sqlhost: () => needless(OWN_STORE),
  sqluser: () => needless(OWN_STORE),
  sqlpasswd: () => needless(OWN_STORE),
  sqldb: () => needless(OWN_STORE),
};

function bool(yes: Meaning, no: Meaning): (value: string) => Meaning {
  return (value) => (value === '1' ? yes : value === '0' ? no : lost('write 0 or 1'));
}

/** A code of its own in front is left out: the gateway's is 450 with its status code. */
function message(value: string): Meaning {
  const [, code, text = ''] = /^(\d{3} )?(.*)$/.exec(value) ?? [];
  if (text === '') return lost('the message is empty');
  return options(
    { greylist_message: text },
    code === undefined ? '' : `the code is 450 instead of ${code.trim()}`,
  );
}

/** One service. */
export function translateGld(text: string, file: string): Translation[] {
  const settings = readSettings(text, file, '=');
  const host = givenOr(settings, 'loopbackonly', '1') === '0' ? '' : '127.0.0.1:';
  const service = {
    listen: `${host}${givenOr(settings, 'port', '2525')}`,
    maxConnections: givenOr(settings, 'maxcon', '100'),
    program: 'policy' as const,
    options: {
      smtpd_client_restrictions: '',
      smtpd_helo_restrictions: '',
      smtpd_sender_restrictions: '',
      smtpd_relay_restrictions: '',
      smtpd_recipient_restrictions: 'check_greylist',
    },
  };
  return [{ service, settings: translateAll(settings, dictionary) }];
}
