/**
 * `npm test`: the Debian packages that the suites run against, then types, lint, build and tests.
 * Programs that tests start are the built ones, which need half as long to start.
 * As root it installs what is missing; else it names it, and the suites say themselves what they leave out.
 * Several files run at once, and those that only ask functions share a few processes. Many files measure time and memory,
 * and figures taken beside other work mislead: a file that fails is asked once more, alone, and that answer counts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_PROGRAM } from './support/gateway-program.ts';
import { together } from './support/one-process.ts';

/** A package, and a file that shows that it is there. */
const PACKAGES: Readonly<Record<string, string>> = {
  postfix: '/usr/sbin/postfix',
  'postfix-pcre': '/usr/lib/postfix/postfix-pcre.so',
  'postfix-sqlite': '/usr/lib/postfix/postfix-sqlite.so',
  'postfix-lmdb': '/usr/lib/postfix/postfix-lmdb.so',
  swaks: '/usr/bin/swaks',
  'ytnef-tools': '/usr/bin/ytnef',
  'clamav-testfiles': '/usr/share/clamav-testfiles',
  'redis-server': '/usr/bin/redis-server',
  'redis-sentinel': '/usr/bin/redis-sentinel',
  'clamav-daemon': '/usr/sbin/clamd',
  'dovecot-core': '/usr/sbin/dovecot',
  gsasl: '/usr/bin/gsasl',
  fail2ban: '/usr/bin/fail2ban-regex',
  opendkim: '/usr/sbin/opendkim',
  'opendkim-tools': '/usr/sbin/opendkim-testmsg',
  'python3-dkim': '/usr/bin/dkimverify',
  'python3-nacl': '/usr/lib/python3/dist-packages/nacl',
  postgrey: '/usr/sbin/postgrey',
  'postfix-policyd-spf-python': '/usr/bin/policyd-spf',
  postfwd: '/usr/sbin/postfwd2',
  rbldnsd: '/usr/sbin/rbldnsd',
  'p7zip-full': '/usr/bin/7z',
  zip: '/usr/bin/zip',
  xorriso: '/usr/bin/xorriso',
  mtools: '/usr/bin/mcopy',
  arj: '/usr/bin/arj',
  'libarchive-tools': '/usr/bin/bsdtar',
  bzip2: '/usr/bin/bzip2',
  'xz-utils': '/usr/bin/xz',
  zstd: '/usr/bin/zstd',
  genisoimage: '/usr/bin/genisoimage',
  openssl: '/usr/bin/openssl',
  iproute2: '/usr/sbin/ip',
};

/** Keeps Debian's packages from starting their services. */
const POLICY = '/usr/sbin/policy-rc.d';

const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

function run(title: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean {
  console.log(`\n== ${title}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) console.error(error.message);
  return status === 0;
}

function provide(): void {
  const missing = Object.keys(PACKAGES).filter((name) => !existsSync(PACKAGES[name] as string));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    console.log(`not installed, so that suites will be skipped: ${missing.join(' ')}`);
    return;
  }
  const hadPolicy = existsSync(POLICY);
  if (!hadPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends'];
  run('package lists', 'apt-get', ['update', '-qq'], quiet);
  if (!run(`installing ${missing.join(' ')}`, 'apt-get', [...install, ...missing], quiet)) {
    for (const name of missing) run(`installing ${name}`, 'apt-get', [...install, name], quiet);
  }
  if (!hadPolicy) rmSync(POLICY, { force: true });
}

/** Where the reporter names the files that failed. */
const FAILED_FILES = 'PORTCULLIS_FAILED_FILES';
/** Takes half of the time, so it begins first, and everything else runs beside it. */
const LONGEST = 'test/parity.test.ts';
/** Most tests wait now and then. */
const AT_ONCE = availableParallelism() + 1;

function runTests(patterns: readonly string[]): boolean {
  const scratch = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  try {
    const files = globSync(patterns, { cwd: root }).sort();
    if (files.length === 0) throw new Error(`there are no files ${patterns.join(' ')}`);
    const [longest, others] = [
      files.filter((file) => file === LONGEST),
      files.filter((file) => file !== LONGEST),
    ];
    const first = failedFiles('tests', [...longest, ...together(others, scratch)], AT_ONCE, scratch);
    if (first === 'none') return true;
    return failedFiles(`once more, alone: ${first.length} files`, first, 1, scratch) === 'none';
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs test files, so many at once; those that failed. Throws when the runner itself fails. */
function failedFiles(title: string, files: readonly string[], atOnce: number, scratch: string) {
  const list = join(scratch, 'failed');
  const reporter = join(import.meta.dirname, 'support/reporter.ts');
  const args = ['--test', `--test-concurrency=${atOnce}`, `--test-reporter=${reporter}`, ...files];
  const env = {
    [FAILED_FILES]: list,
    [BUILT_PROGRAM]: join(root, 'dist/portcullis.js'),
    NODE_COMPILE_CACHE: join(scratch, 'compiled'),
  };
  if (run(title, process.execPath, args, env)) return 'none';
  const failed = JSON.parse(readFileSync(list, 'utf8')) as string[];
  if (failed.length === 0) throw new Error('the tests did not run to their end');
  return failed;
}

provide();
const only = process.argv.slice(2);
const steps: readonly [string, () => boolean][] = [
  ['types', () => run('types', bin('tsc'), ['-p', '.'])],
  ['lint', () => run('lint', bin('biome'), ['ci', '--colors=off', '--error-on-warnings', '.'])],
  ['build', () => run('build', 'npm', ['run', '--silent', 'build'])],
  ['tests', () => runTests(only.length > 0 ? only : ['test/**/*.test.ts'])],
];
const failed = steps.filter(([, step]) => !step()).map(([name]) => name);
console.log(failed.length === 0 ? '\nall is well' : `\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
