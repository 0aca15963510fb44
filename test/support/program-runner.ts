/** A process in which program.ts runs commands, one after the other. A command has ended when nothing is left to wait for. */
import { pathToFileURL } from 'node:url';
import { PROGRAM } from './gateway-program.ts';
import type { Ran } from './program.ts';

const said = { out: '', err: '' };
let count = 0;

for (const [stream, where] of [
  [process.stdout, 'out'],
  [process.stderr, 'err'],
] as const) {
  stream.write = (chunk: string | Uint8Array) => {
    said[where] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
}

process.on('message', (args: readonly string[]) => {
  process.channel?.unref();
  Object.assign(said, { out: '', err: '' });
  process.exitCode = 0;
  process.argv = [process.execPath, PROGRAM, ...args];
  count += 1;
  void import(`${pathToFileURL(PROGRAM)}?${count}`); // another query, and it is evaluated again
});
process.on('beforeExit', (status) => {
  process.channel?.ref();
  process.send?.({ status, ...said } satisfies Ran);
});
process.on('disconnect', () => process.exit());
