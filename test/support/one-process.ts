/**
 * Test files that run together. A process of its own costs a file a third of a second before its first test, and most files
 * ask functions that give values: for them one process for many is as good. The rest keep their own, because they start
 * programs, listen, measure, or change what all of a process share.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** So many files share a process, so that several processes have something to do, and a crash takes few along. */
const TOGETHER = 25;

/** Words in a file, or in files of the tests that it imports, by which it wants to be alone. */
const WANTS_OWN_PROCESS: readonly RegExp[] = [
  /'node:(?:child_process|cluster|dgram|http|inspector|net|repl|tls|v8|vm|worker_threads)'/, // programs, sockets, the engine
  /\bprocess\.(?!getuid\b|pid\b|platform\b)|\bglobalThis\b|\bmock\b|\bgc\b/, // what all share
  /\bperformance\b|\bhrtime\b/, // figures
  /^(?:before|after)(?:Each)?\(/m, // would be done for all
];

/** The same tests in fewer files: some of them import those that can be together. */
export function together(files: readonly string[], scratch: string): string[] {
  const sociable = files.filter((file) => !wantsOwnProcess(resolve(file), new Set()));
  const alone = files.filter((file) => !sociable.includes(file));
  const groups = Array.from({ length: Math.ceil(sociable.length / TOGETHER) }, (_, i) => {
    const group = join(scratch, `together-${i + 1}.test.mjs`);
    const members = sociable.slice(i * TOGETHER, (i + 1) * TOGETHER);
    writeFileSync(group, members.map((file) => `import '${pathToFileURL(resolve(file))}';\n`).join(''));
    return group;
  });
  return [...groups, ...alone];
}

function wantsOwnProcess(file: string, seen: Set<string>): boolean {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (WANTS_OWN_PROCESS.some((sign) => sign.test(text))) return true;
  return testsImportedBy(text, file).some((other) => wantsOwnProcess(other, seen));
}

/** Files of this directory tree; those of `src/` do not count, because all know a socket somewhere. */
function testsImportedBy(text: string, file: string): string[] {
  return [...text.matchAll(/(?:from|import) '(\.[^']*\.ts)'/g)]
    .map(([, path = '']) => join(dirname(file), path))
    .filter((path) => path.includes('/test/') && existsSync(path));
}
