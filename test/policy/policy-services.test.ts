/** What stands behind check_policy_service: a service, a command of a spawn line, or our own check in its place. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PolicyServices } from '../../src/assembly/policy-services.ts';
import { builtIn } from '../../src/mail/source.ts';
import { silentLog } from '../../src/record/log.ts';
import { type Complaint, complaintLine } from '../../src/settings/complaint.ts';
import { readConfiguration } from '../../src/settings/configuration.ts';
import { writtenDirectory } from '../settings/written-directory.ts';

const directory = writtenDirectory({
  'policyd-spf': '#!/bin/sh\n',
  'postfix-policyd-spf-perl': '#!/bin/sh\n',
  'other.pl': '#!/bin/sh\n',
});
for (const name of ['policyd-spf', 'postfix-policyd-spf-perl']) chmodSync(join(directory, name), 0o755);

/** What `unix:private/x` is, when a spawn line says so. */
function opened(command: string, spec = 'unix:private/x', user = 'nobody') {
  const master = `x unix - n n - 0 spawn user=${user} argv=${command.replaceAll('@', directory)}\n`;
  const configuration = readConfiguration(
    writtenDirectory({ 'main.cf': 'queue_directory = /q\n', 'master.cf': master }),
  );
  const complaints: Complaint[] = [];
  const services = new PolicyServices(configuration, silentLog);
  const target = services.open(spec, builtIn, configuration.settings, (one) => complaints.push(one));
  return { target, complaints: complaints.map(complaintLine) };
}

test('in place of the SPF scripts the gateway checks SPF itself, and says so', () => {
  const scripts = [
    '/usr/bin/perl /usr/local/scripts/postfix-policyd-spf.pl',
    '/usr/bin/postfix-policyd-spf-perl',
    '/usr/bin/policyd-spf-perl',
    '@/postfix-policyd-spf-perl',
    '/nowhere/policyd-spf /etc/policyd-spf.conf',
    '/usr/bin/python3 /nowhere/policyd-spf.py',
  ];
  for (const script of scripts) {
    const { target, complaints } = opened(script);
    assert.deepEqual(target, { builtIn: 'spf' }, script);
    assert.deepEqual(complaints, [
      'default: service x of master.cf is an SPF script: the gateway checks SPF itself in its place; reject_spf_fail does the same without a service',
    ]);
  }
});

test('other commands run, and so does a policyd-spf that has a configuration of its own', () => {
  for (const command of ['@/policyd-spf', '@/other.pl', '/bin/sh @/other.pl', '/bin/sh -c true']) {
    const { target, complaints } = opened(command);
    assert.ok('service' in target, command);
    assert.deepEqual(complaints, []);
  }
  assert.ok(
    'service' in opened('/usr/bin/perl /nowhere/postfix-policyd-spf.pl', 'inet:127.0.0.1:2525').target,
  );
});

test('what cannot work is said beforehand', () => {
  const rows: [args: Parameters<typeof opened>, problem: RegExp][] = [
    [
      ['/nowhere/policy'],
      /^"unix:private\/x": \/nowhere\/policy does not exist \(service x of master\.cf\)$/,
    ],
    [['/bin/sh /nowhere/policy.sh'], /\/nowhere\/policy\.sh does not exist/],
    [
      ['/bin/sh', 'unix:private/x', 'no-such-user'],
      /user no-such-user does not exist \(service x of master\.cf\)$/,
    ],
    [['/bin/sh', '127.0.0.1:2525'], /is no policy service: write inet:host:port or unix:path$/],
    [['/bin/sh', 'inet:127.0.0.1:no-such-port'], /"no-such-port" is no port$/],
    [['/bin/sh', '{ inet:127.0.0.1:25, tries=2 }'], /^"tries" is unknown: write one of timeout, /],
    [['/bin/sh', '{ inet:127.0.0.1:25, timeout=soon }'], /^timeout = soon: write /],
  ];
  for (const [args, problem] of rows) assert.throws(() => opened(...args), { message: problem });
});
