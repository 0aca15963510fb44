/** Whether tests can have networks of their own here, in which every address is local. */
import { spawnSync } from 'node:child_process';

/** Why not, for the `skip` of a test; false when they can. */
export function namespacesMissing(): string | false {
  if (process.platform !== 'linux') return 'private networks need Linux';
  const { status } = spawnSync('unshare', [
    '--net',
    '--mount',
    '--pid',
    '--fork',
    'ip',
    'link',
    'set',
    'lo',
    'up',
  ]);
  if (status === 0) return false;
  const asUser = spawnSync('unshare', ['--map-root-user', '--net', 'ip', 'link', 'set', 'lo', 'up']);
  return asUser.status === 0 ? false : 'unshare and ip cannot make a private network here';
}
