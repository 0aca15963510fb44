/** How shell commands get at a held mail: it must be there, and nobody else may be at it. */
import type { Quarantine } from '../quarantine/quarantine.ts';
import { terminalText } from './terminal-text.ts';

/** Does something with a mail, while nobody else does. Undefined: it could not be done, and why was told. */
export async function alone<T>(
  { shelf }: Quarantine,
  id: string,
  work: () => Promise<T | undefined>,
): Promise<T | undefined> {
  if (!(await shelf.ids()).includes(id)) return missing(id);
  const letGo = await shelf.claim(id);
  if (!letGo) return complain(id, 'somebody else is at it just now');
  try {
    return await work();
  } finally {
    await letGo();
  }
}

export function missing(id: string): undefined {
  return complain(id, 'there is no such mail in quarantine');
}

export function complain(id: string, problem: string): undefined {
  console.error(terminalText(`portcullis quarantine: ${id}: ${problem}`));
}
