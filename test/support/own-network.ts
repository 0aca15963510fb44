/**
 * A test file in a network, a process table and a mount table of its own: every IPv4 address is local there and all ports
 * are free, files can be mounted over those of the machine, nothing leaves, and no process survives.
 *
 *     const network = ownNetwork();
 *     if (network) describe('...', { skip: network.skip }, () => { ... });
 *
 * The process that the test runner starts runs the same file again inside, whose results are its own, and registers
 * nothing itself. Where there can be no such network, the tests are registered, to be skipped with the reason.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

export interface OwnNetwork {
  /** For the `skip` of tests. */
  readonly skip: string | false;
}

const INSIDE = 'PORTCULLIS_OWN_NETWORK';
const NAMESPACES = [
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  '--propagation',
  'private',
];
/** Every address is ours, so that clients and servers can have whatever address they should have. */
const SETUP = 'ip link set lo up && ip route add local 0.0.0.0/0 dev lo && exec "$@"';

/** Undefined in the outer process, which has nothing more to do. */
export function ownNetwork(): OwnNetwork | undefined {
  if (process.env[INSIDE] !== undefined) return { skip: false };
  const missing = whyNot();
  if (missing !== undefined) return { skip: missing };
  const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', [...NAMESPACES, 'sh', '-c', SETUP, 'sh', ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes' },
  });
  process.exitCode = status ?? 1;
  return undefined;
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'a network of its own needs Linux';
  if (process.getuid?.() !== 0) return 'a network of its own, with ports below 1024, needs root';
  const { status, stderr } = spawnSync('unshare', [...NAMESPACES, 'sh', '-c', SETUP, 'sh', 'true'], {
    encoding: 'utf8',
  });
  return status === 0
    ? undefined
    : `no network of its own: ${stderr?.split('\n')[0] ?? 'unshare is missing'}`;
}

/** Puts an empty directory over one of the machine's, for this network alone. */
export function emptyDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  run('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', path]);
}

/** Makes an address one that programs find at an interface; all others are only local. */
export function ownAddress(address: string): void {
  run('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
}

/** Shows a file or directory in the place of another, for this network alone. */
export function mountAt(source: string, place: string): void {
  run('mount', ['--bind', source, place]);
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
