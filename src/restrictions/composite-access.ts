/**
 * check_access KEY TABLE: a table is asked for a text that is made of what is known of the mail, such as
 * `\${sender}|\${recipient}` for exceptions of single users, or `\$rbl_ip` for what the last DNS list said.
 * In the dialect of Kadlecsik's per-user patch of 2003; rows may use `$client_address` and the like, too.
 */
import type { Source } from '../mail/source.ts';
import { dunno } from '../mail/verdict.ts';
import { AccessTable } from './access.ts';
import { type Question, subjectClass } from './question.ts';
import type { Judge } from './restriction.ts';
import type { Sources } from './sources.ts';

const ASKS_LIST = /\$[{(]?rbl_ip\b/;

export function checkAccess(key: string, spec: string, source: Source, sources: Sources): Judge {
  if (!key.includes('$')) throw new RangeError(`"${key}" is the same for every mail; write \\\${sender}`);
  const table = new AccessTable(spec, source, sources);
  return async (q) => {
    for (const attributes of attributesOf(key, q)) {
      const wanted = sources.expandReply(key, q, attributes);
      if (wanted === '') continue;
      const match = await table.exact(wanted);
      const subject = { name: wanted, class: subjectClass.key, refused: 'Access denied' };
      if (!match) {
        table.act(undefined, subject, q);
        continue;
      }
      const value = sources.expandReply(match.value, q, attributes);
      const answer = table.act({ ...match, value }, subject, q);
      if (answer.kind !== 'dunno') return answer; // another answer of the list may say more
    }
    return dunno;
  };
}

/** One key for each answer that the list gave; none when it gave none. */
function attributesOf(key: string, { hearing }: Question): { rbl_ip: string }[] {
  const answers = hearing.listAnswers ?? [];
  return ASKS_LIST.test(key) ? answers.map((answer) => ({ rbl_ip: answer })) : [{ rbl_ip: answers[0] ?? '' }];
}
