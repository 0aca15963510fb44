/** THE table of shell commands. A command's code is loaded only when it is called. */
import type { Command } from './command.ts';

interface Row {
  readonly name: string;
  readonly sentence: string;
  load(): Promise<Command>;
}

export const commands: readonly Row[] = [
  {
    name: 'serve',
    sentence: 'runs the gateway in the foreground',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
];
