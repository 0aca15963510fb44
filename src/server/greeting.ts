/** The opening of a session: limits, what this client may do, the judges at connect, and the banner. */
import { nameAddress } from '../mail/client.ts';
import { reply } from '../mail/reply.ts';
import type { Conversation } from './conversation.ts';

/** Also after XCLIENT, for the client that is spoken for. */
export async function greetClient(talk: Conversation): Promise<void> {
  const { options, session } = talk;
  const { client } = session;
  talk.mayXclient = await options.authorizedXclientHosts.has(client);
  talk.mayXforward ??= await options.authorizedXforwardHosts.has(client);
  talk.acceptsBareNewlines =
    options.bareNewlines === 'accept' || (await options.bareNewlineExclusions.has(client));
  talk.discarded = await options.discardedKeywords(client.address);
  if (talk.hasInput && !spokeTooSoon(talk)) return;
  if (!talk.mayXclient && (await isTooMany(talk))) return;
  const refusal = await talk.gateway.connect(talk.visit);
  if (refusal) {
    talk.denied = refusal;
    await talk.reply(refusal);
    talk.countError();
  } else talk.say(reply(220, '', options.banner));
}

/** RFC 5321 4.3.1: the client waits for the greeting. False when that ends the session. */
function spokeTooSoon(talk: Conversation): boolean {
  const { options, session } = talk;
  session.unauthorizedPipelining = true;
  options.log.info(`improper command pipelining after CONNECT from ${nameAddress(session.client)}`);
  if (!options.forbidUnauthPipelining) return true;
  talk.say(reply(554, '5.5.0', 'Error: SMTP protocol synchronization'));
  talk.close();
  return false;
}

async function isTooMany(talk: Conversation): Promise<boolean> {
  const { options, session } = talk;
  talk.counted = session.client;
  const excess = await options.limits.exceeded('connection', session.client);
  if (talk.isGone) talk.uncount(); // the client left while we counted
  if (!excess) return false;
  const what = excess.kind === 'concurrency' ? 'Connection concurrency' : 'Connection rate';
  options.log.warn(
    `${what} limit exceeded: ${excess.count} from ${nameAddress(session.client)} for service ${options.name}`,
  );
  const text = `${options.myhostname} Error: too many connections from ${session.client.address}`;
  await talk.reply(reply(421, '4.7.0', text));
  return true;
}
