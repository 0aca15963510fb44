#!/usr/bin/env node
/** The program: finds the command, runs it, and ends with its exit status. */
import { type Command, UsageError } from './command.ts';
import { commands } from './commands.ts';
import { keepCompiledCode } from './compile-cache.ts';

async function main(argv: readonly string[]): Promise<number> {
  keepCompiledCode();
  const [name, ...args] = argv;
  if (name === '__worker') {
    const { runWorker } = await import('../process/worker-main.ts');
    await runWorker(args[0] ?? '.');
    return -1;
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h')
    return help(name === undefined ? 2 : 0);
  const row = commands.find((one) => one.name === name);
  if (!row) {
    console.error(`portcullis: there is no command "${name}"\n`);
    return help(2);
  }
  const command = await row.load();
  if (args.includes('--help')) return explain(command);
  try {
    return await command.run(args);
  } catch (error) {
    if (!(error instanceof UsageError) && !isParseError(error)) throw error;
    console.error(
      `portcullis ${name}: ${(error as Error).message}\nusage: portcullis ${name} ${command.usage}`,
    );
    return 2;
  }
}

/** node:util's parseArgs throws these. */
function isParseError(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
}

function help(status: number): number {
  const rows = commands.map(({ name, sentence }) => `  ${name.padEnd(16)}${sentence}`);
  const text = `usage: portcullis COMMAND [-c DIR] ...\n\n${rows.join('\n')}\n\nportcullis COMMAND --help tells more.`;
  (status === 0 ? console.log : console.error)(text);
  return status;
}

function explain({ name, usage, sentence, details }: Command): number {
  console.log(`usage: portcullis ${name} ${usage}\n\n${sentence}.${details ? `\n\n${details.trim()}` : ''}`);
  return 0;
}

main(process.argv.slice(2)).then(
  (status) => {
    if (status >= 0) process.exitCode = status;
  },
  (error: Error) => {
    const isBug = error instanceof TypeError || error instanceof ReferenceError;
    console.error(`portcullis: ${isBug ? error.stack : error.message}`);
    process.exitCode = 1;
  },
);
