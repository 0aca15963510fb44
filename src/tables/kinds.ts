/** THE table of table kinds: the compiler of main.cf, `check`, `list tables` and the manual read these rows. */
import { cidrKinds } from './cidr-table.ts';
import { combinedKinds } from './combined-tables.ts';
import { constantKinds } from './constant-tables.ts';
import { inlineKinds } from './inline-table.ts';
import type { Kind } from './kind.ts';

import { patternKinds } from './pattern-table.ts';
import { phoneKinds } from './phone-table.ts';
import { redisKinds } from './redis-table.ts';
import { socketmapKinds } from './socketmap-table.ts';
import { sqliteKinds } from './sqlite-table.ts';
import { systemKinds } from './system-tables.ts';
import { tcpKinds } from './tcp-table.ts';
import { textKinds } from './text-table.ts';
import { unavailableKinds } from './unavailable.ts';

export const tableKinds: readonly Kind[] = [
  ...textKinds,

  ...patternKinds,
  ...cidrKinds,
  ...inlineKinds,
  ...constantKinds,
  ...combinedKinds,
  ...tcpKinds,
  ...socketmapKinds,
  ...sqliteKinds,
  ...redisKinds,
  ...systemKinds,
  ...unavailableKinds,
  ...phoneKinds,
];
