/** A process that holds mail until somebody ends it; says the id of each on its standard output when it is safe. */
import { writeSync } from 'node:fs';
import { Quarantine } from '../../src/quarantine/quarantine.ts';
import { silentLog } from '../../src/record/log.ts';
import { detained } from './held.ts';

const [directory = '', name = ''] = process.argv.slice(2);
const quarantine = new Quarantine({ directory, retentionMs: 0, sizeLimitBytes: 1e9, log: silentLog });
for (let i = 0; ; i++) {
  const text = `Subject: ${name} ${i}\r\n\r\n${'x'.repeat(200_000)}`;
  const [a, b] = await Promise.all([
    quarantine.keep(detained({ id: `${name}x${i}`, text })),
    quarantine.keep(detained({ id: 'same', text })),
  ]);
  writeSync(1, `${a.id}\n${b.id}\n`);
}
