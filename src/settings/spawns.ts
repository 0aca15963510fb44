/** Lines of master.cf that run a command for each connection: policy servers, mostly. `Postfix: spawn(8)`. */
import { listenAt } from './listeners.ts';
import { parameters } from './parameters.ts';
import { about, type Work } from './services.ts';

/** `user=nobody:nogroup argv=/usr/bin/perl script`. `Postfix: spawn(8)`. */
export function spawn(work: Work): void {
  const { entry, settings, complain, found } = work;
  const words = entry.arguments.map(({ text }) => text);
  const commandAt = words.findIndex((word) => word.startsWith('argv='));
  const attributes = words.slice(0, commandAt < 0 ? words.length : commandAt);
  const user = attributes.findLast((word) => word.startsWith('user='))?.slice('user='.length) ?? '';
  const odd = attributes.find((word) => !word.startsWith('user='));
  if (commandAt < 0 || user === '' || odd !== undefined) {
    const problem =
      odd === undefined
        ? `spawn service ${entry.name} lacks user= or argv=`
        : `spawn service ${entry.name}: "${odd}" is unknown`;
    complain(about(entry, 'error', problem, 'write user=NAME argv=COMMAND ARGUMENTS'));
    return;
  }
  const [owner = '', group] = user.split(':');
  const command = [words[commandAt]?.slice('argv='.length) ?? '', ...words.slice(commandAt + 1)];
  found.spawns.set(entry.name, {
    name: entry.name,
    listen: listenAt(work),
    user: owner,
    group,
    command,
    timeLimitMs: timeLimit(work),
    maxConnections: entry.maxConnections,
    settings,
    source: entry.source,
  });
}

function timeLimit({ entry, settings, complain }: Work): number {
  const name = `${entry.name}_time_limit`;
  if (!settings.isSet(name)) return settings.command_time_limit;
  const reading = parameters.command_time_limit.read(settings.text(name) ?? '');
  if ('value' in reading) return reading.value;
  const problem = `${name} = ${settings.text(name)}: cannot be read`;
  complain({
    source: settings.sourceOf(name),
    severity: 'error',
    problem,
    remedy: `write ${reading.wanted}`,
  });
  return settings.command_time_limit;
}
