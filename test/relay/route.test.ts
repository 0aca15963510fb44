import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transportSettings } from '../../src/relay/client-settings.ts';
import { formatDestination, hopForDomain, type NextHop } from '../../src/relay/next-hop.ts';
import {
  parseNextHop,
  parseProxyFilter,
  parseTransport,
  RouteError,
  type Transports,
} from '../../src/relay/route.ts';

const smtp = transportSettings({ name: 'smtp', heloName: 'gw.test' });
const dksign = transportSettings({ name: 'dksign', heloName: 'gw.test', tellClient: 'xforward' });
const lmtp = transportSettings({ name: 'lmtp', heloName: 'gw.test', protocol: 'lmtp' });
const transports: Transports = new Map([
  ['smtp', { kind: 'client', settings: smtp }],
  ['dksign', { kind: 'client', settings: dksign }],
  ['lmtp', { kind: 'client', settings: lmtp }],
  ['odd', { kind: 'client', settings: smtp, defaultPort: 2525 }],
  ['virtual', { kind: 'other', command: 'virtual' }],
]);

/** `mx ` in front: its mail exchangers. */
function shown(hop: NextHop): string {
  if (hop.kind === 'refuse') return `${hop.reply.code} ${hop.reply.status} ${hop.reply.lines.join()}`;
  if (hop.kind === 'discard') return `discard ${hop.why}`;
  const places = hop.destinations.map((d) =>
    d.kind === 'host' && d.mx ? `mx ${d.host}:${d.port}` : formatDestination(d),
  );
  return `${hop.settings.name} ${places.join(', ')}`;
}

const good: [text: string, hop: string][] = [
  ['smtp:[127.0.0.1]:10026', 'smtp [127.0.0.1]:10026'],
  ['dksign:[127.0.0.1]:10028', 'dksign [127.0.0.1]:10028'],
  ['smtp:127.0.0.1:10025', 'smtp [127.0.0.1]:10025'],
  ['smtp:example.com', 'smtp mx example.com:25'],
  ['smtp:example.com:2025', 'smtp mx example.com:2025'],
  ['smtp:example.com:submission', 'smtp mx example.com:587'],
  ['smtp:[example.com]', 'smtp [example.com]:25'],
  ['smtp:[example.com]:', 'smtp [example.com]:25'],
  ['smtp:[::1]:26', 'smtp [::1]:26'],
  ['smtp:[IPv6:2001:db8::1]', 'smtp [2001:db8::1]:25'],
  ['smtp:a.test, [b.test]:26 c.test', 'smtp mx a.test:25, [b.test]:26, mx c.test:25'],
  ['odd:[a.test]', 'smtp [a.test]:2525'],
  [':[a.test]', 'smtp [a.test]:25'],
  ['smtp:', 'smtp '],
  ['smtp', 'smtp '],
  ['lmtp:unix:/run/lmtp', 'lmtp unix:/run/lmtp'],
  ['lmtp:unix:private/lmtp', 'lmtp unix:private/lmtp'],
  ['lmtp:inet:store.test:24', 'lmtp [store.test]:24'],
  ['lmtp:store.test', 'lmtp [store.test]:24'],
  ['127.0.0.1:10025', 'smtp [127.0.0.1]:10025'],
  ['filter.test:10025', 'smtp [filter.test]:10025'],
  ['error:5.1.6 moved away', '550 5.1.6 moved away'],
  ['error:mail is not deliverable', '550 5.0.0 mail is not deliverable'],
  ['error:', '550 5.0.0 mail is not delivered there'],
  ['retry:4.2.0 later', '450 4.2.0 later'],
  ['discard:silently', 'discard silently'],
];

for (const [text, hop] of good) {
  test(`transport:nexthop ${text}`, () => assert.equal(shown(parseTransport(text, transports)), hop));
}

const proxies: [text: string, place: string][] = [
  ['127.0.0.1:10026', '[127.0.0.1]:10026'],
  ['inet:127.0.0.1:10026', '[127.0.0.1]:10026'],
  ['filter.test:smtp', '[filter.test]:25'],
  [':10026', '[localhost]:10026'],
  ['10026', '[localhost]:10026'],
  ['[::1]:10026', '[::1]:10026'],
  ['unix:/run/filter', 'unix:/run/filter'],
];

for (const [text, place] of proxies) {
  test(`smtpd_proxy_filter = ${text}`, () =>
    assert.equal(shown(parseProxyFilter(text, smtp)), `smtp ${place}`));
}

const bad: [text: string, says: RegExp][] = [
  ['procmail:x', /"procmail:x": there is no transport "procmail" in master.cf; should be transport:nexthop/],
  ['virtual:', /runs virtual, and a gateway delivers to no mailbox; should be/],
  ['smtp:[127.0.0.1', /does not end in/],
  ['smtp:[a]b', /does not end in/],
  ['smtp:a_b c!d', /"c!d" is neither a host name nor an address/],
  ['smtp:host:99999', /"99999" is no port; should be a number from 1 to 65535/],
  ['smtp:host:0', /"0" is no port/],
  ['smtp:host:gopher', /"gopher" is no port/],
  ['lmtp:unix:', /the path is missing/],
];

for (const [text, says] of bad) {
  test(`complaint about ${text}`, () => {
    assert.throws(
      () => parseTransport(text, transports),
      (error) => error instanceof RouteError && says.test(error.message),
    );
  });
}

test('a proxy filter needs a port', () => {
  for (const text of ['127.0.0.1', 'filter.test', '[::1]', ''])
    assert.throws(() => parseProxyFilter(text, smtp), RouteError, text);
});

test('relayhost has no transport', () => {
  assert.equal(shown(parseNextHop('[gw.test]:587', smtp)), 'smtp [gw.test]:587');
  assert.equal(shown(parseNextHop('gw.test', smtp)), 'smtp mx gw.test:25');
});

test('a transport alone goes to the recipient’s domain', () => {
  assert.equal(
    shown(hopForDomain(parseTransport('smtp:', transports), 'example.com')),
    'smtp mx example.com:25',
  );
  assert.equal(
    shown(hopForDomain(parseTransport('lmtp:', transports), 'example.com')),
    'lmtp [example.com]:24',
  );
  assert.equal(
    shown(hopForDomain(parseTransport('smtp:[a.test]', transports), 'example.com')),
    'smtp [a.test]:25',
  );
});

test('connections are shared by the same place over the same transport only', () => {
  const key = (text: string) => {
    const hop = parseTransport(text, transports);
    return hop.kind === 'deliver' ? hop.key : '';
  };
  assert.equal(key('smtp:[127.0.0.1]:26'), key('smtp:127.0.0.1:26'));
  assert.notEqual(key('smtp:[127.0.0.1]:26'), key('dksign:[127.0.0.1]:26'));
  assert.notEqual(key('smtp:a.test'), key('smtp:[a.test]'));
});
