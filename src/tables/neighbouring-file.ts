/** A file that is missing, and what stands beside it: probably its name is misspelt in one of the two places. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { didYouMean } from '../settings/did-you-mean.ts';

/** Names of a directory that are looked at. */
const MOST_NAMES = 10_000;
/** What postmap makes of tables. */
const COMPILED = /\.(?:db|lmdb|cdb|dir|pag)$/;

/** What the operator may have meant; undefined when nothing is near. */
export function neighbourHint(path: string): string | undefined {
  const near = neighbour(path);
  return near === undefined ? undefined : `did you mean ${join(dirname(path), near)}?`;
}

function neighbour(path: string): string | undefined {
  const wanted = basename(path);
  const names = namesBeside(path);
  return didYouMean(wanted, names) ?? names.find((name) => isPartOf(name, wanted) || isPartOf(wanted, name));
}

function namesBeside(path: string): string[] {
  try {
    const names = readdirSync(dirname(path)).slice(0, MOST_NAMES);
    return names.filter((name) => !COMPILED.test(name));
  } catch {
    return [];
  }
}

/** Whether one name is the other without some words at its beginning or end. */
function isPartOf(part: string, whole: string): boolean {
  const rest = whole.startsWith(part)
    ? whole.slice(part.length)
    : whole.endsWith(part)
      ? whole.slice(0, -part.length)
      : '';
  return part.length > 2 && (/^[-._]./.test(rest) || /.[-._]$/.test(rest));
}
