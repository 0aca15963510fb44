/** A process of its own that looks at one large attachment and prints by how many MiB it grew meanwhile. */
import { closeSync, openSync, readSync } from 'node:fs';
import { checksWith, named, noise } from '../attachment-look.ts';
import { zip } from './zip-builder.ts';

const checks = checksWith({ findEntry: () => undefined });

async function look(chunks: Iterable<Buffer>): Promise<void> {
  const inspector = checks.inspect();
  const reader = inspector.begin(named('a.zip'));
  for (const chunk of chunks) await reader?.write(chunk);
  await reader?.end();
  await inspector.finish();
  inspector.close();
}

function* chunksOf(file: string): Generator<Buffer> {
  const fd = openSync(file, 'r');
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const bytes = readSync(fd, chunk);
    if (bytes === 0) break;
    yield chunk.subarray(0, bytes);
  }
  closeSync(fd);
}

await look([zip([{ name: 'warm.bin', data: noise(300_000) }])]);
const before = process.memoryUsage().rss;
let most = before;
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 5);
await look(chunksOf(process.argv[2] ?? ''));
clearInterval(timer);
console.log(`grew by ${Math.round((most - before) / 1_048_576)} MiB`);
