/**
 * Takes in mail servers that ask for our opinion. Parameters: policy_authorized_clients, and the maxproc column of
 * master.cf. Whoever may open a unix socket may ask there. A list that cannot be read now keeps everybody out.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { normalAddress } from '../dns/reverse-name.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Places } from './places.ts';
import { PolicyConversation, type PolicyConversationOptions } from './policy-conversation.ts';

export interface PolicyListenerOptions extends PolicyConversationOptions {
  /** policy_authorized_clients. Rejects when it cannot be known. */
  mayAsk(address: string): MaybePromise<boolean>;
  readonly places: Places;
}

/** A server that is ready to listen. */
export function policyListener(options: PolicyListenerOptions): Server {
  return createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    void admit(socket, options);
  });
}

/** Never rejects. */
async function admit(socket: Socket, options: PolicyListenerOptions): Promise<void> {
  const { places, log, name } = options;
  const problem = await objection(socket, options);
  if (problem !== undefined) {
    log.warn(`policy service ${name}: ${problem}`);
    socket.destroy();
    return;
  }
  if ((await places.take()) === 'full') {
    log.warn(`service ${name} has reached its process limit; connection refused`);
    socket.destroy();
    return;
  }
  if (socket.destroyed) return places.free();
  socket.once('close', () => places.free());
  new PolicyConversation(socket, options);
  socket.resume();
}

/** Why this client may not ask. */
async function objection(
  { remoteAddress }: Socket,
  { mayAsk }: PolicyListenerOptions,
): Promise<string | undefined> {
  if (remoteAddress === undefined) return undefined;
  const address = normalAddress(remoteAddress);
  try {
    return (await mayAsk(address)) ? undefined : `${address} is not in policy_authorized_clients`;
  } catch (error) {
    return `policy_authorized_clients cannot be read now: ${(error as Error).message}`;
  }
}
