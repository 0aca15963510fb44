/** clamsmtpd.conf(5), the SMTP proxy that asks clamd: a hop with clamav_socket. */
import { filterHop, hostPort } from './filter-hop.ts';
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

const ACTIONS: Readonly<Record<string, string>> = { bounce: 'reject', drop: 'discard', pass: 'tag' };
const NO_BOUNCES = 'mail that would bounce to a forged sender goes into quarantine: after_queue_action';

const dictionary: Dictionary = {
  outaddress: () => head,
  listen: () => head,
  maxconnections: (value) =>
    /^\d+$/.test(value) ? options({ clamav_max_connections: value }) : lost('this is no number'),
  timeout: (value) =>
    /^\d+$/.test(value)
      ? options({ clamav_timeout: `${value}s`, smtpd_proxy_timeout: `${value}s` })
      : lost('this is no number of seconds'),
  keepalives: (value) =>
    value === '0'
      ? needless('no NOOPs are sent')
      : lost('no NOOPs are sent: give the next hop a longer smtpd_timeout'),
  xclient: onOff(lost('the next hop is told of the client by XFORWARD'), needless('XFORWARD does this')),
  clamaddress: (value) =>
    options({ clamav_socket: value.startsWith('/') ? `unix:${value}` : `inet:${hostPort(value)}` }),
  header,
  tempdirectory: () => needless('messages pass through data_directory'),
  pidfile: () => needless('there is one process for all services'),
  action: (value) => {
    const action = ACTIONS[value.toLowerCase()];
    return action === undefined
      ? lost('write bounce, drop or pass')
      : options({ clamav_action: action }, action === 'reject' ? NO_BOUNCES : '');
  },
  bounce: onOff(options({ clamav_action: 'reject' }, NO_BOUNCES), options({ clamav_action: 'discard' })),
  quarantine: onOff(options({ clamav_action: 'quarantine' }), needless('clamav_action says so')),
  transparentproxy: onOff(
    lost('connections to other hosts are not taken over'),
    needless('the gateway is none'),
  ),
  user: () => needless('the gateway runs as mail_owner'),
  virusaction: (value) =>
    value.toLowerCase() === 'off' ? needless('nothing is run') : options({ clamav_virus_command: value }),
  whitelist: () => lost('give these clients a service of their own without clamav_socket'),
};

function onOff(on: Meaning, off: Meaning): (value: string) => Meaning {
  return (value) => {
    if (/^(?:on|yes|1|true)$/i.test(value)) return on;
    return /^(?:off|no|0|false)$/i.test(value) ? off : lost('write on or off');
  };
}

function header(value: string): Meaning {
  const left = /%[ild]|\\[rn]/.exec(value);
  return left === null
    ? options({ clamav_header: value })
    : lost(`"${left[0]}" is not replaced in clamav_header`);
}

/** One service. */
export function translateClamsmtpd(text: string, file: string): Translation[] {
  const settings = readSettings(text, file, ':');
  const service = {
    listen: hostPort(givenOr(settings, 'listen', '10025')),
    maxConnections: givenOr(settings, 'maxconnections', '64'),
    program: 'smtpd' as const,
    options: filterHop(hostPort(givenOr(settings, 'outaddress', '10026')), 'permit_mynetworks'),
  };
  return [{ service, settings: translateAll(settings, dictionary) }];
}
