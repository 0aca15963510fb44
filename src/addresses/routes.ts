/**
 * Over which transport and to which next hop the mail for an address goes, once its class is known.
 * Parameters: *_transport, relayhost, transport_maps, relocated_maps, sender_dependent_relayhost_maps,
 * sender_dependent_default_transport_maps. `Postfix: trivial-rewrite/resolve.c`.
 */
import { type Address, address } from '../mail/address.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { whenKnown } from '../tables/lookup.ts';

export type AddressClass = 'local' | 'virtual-alias' | 'virtual-mailbox' | 'relay' | 'default';

export interface Route {
  /** `smtp`, `local`, `error`, ... and where it leads. */
  readonly transport: string;
  readonly nexthop: string;
}

type Find = (key: Address) => MaybePromise<string | undefined>;

export interface RouteOptions {
  readonly transports: Readonly<Record<Exclude<AddressClass, 'virtual-alias'>, string>>;
  readonly relayhost: string;
  /** Looks in transport_maps; the result is `transport:nexthop`, either part may be empty. */
  findTransport(recipient: Address): MaybePromise<string | undefined>;
  readonly findRelocated: Find | undefined;
  readonly findSenderRelayhost: Find | undefined;
  readonly findSenderTransport: Find | undefined;
  readonly showUserUnknownTableName: boolean;
}

export class Routes {
  readonly #options: RouteOptions;

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  /** Which way mail goes for an address of this class. */
  of(recipient: Address, klass: AddressClass, sender: Address | undefined): MaybePromise<Route> {
    return whenKnown(this.#options.findRelocated?.(recipient), (moved) => {
      if (moved !== undefined) return { transport: 'error', nexthop: `5.1.6 User has moved to ${moved}` };
      if (klass === 'virtual-alias') {
        const which = this.#options.showUserUnknownTableName ? ' in virtual alias table' : '';
        return { transport: 'error', nexthop: `5.1.1 User unknown${which}` };
      }
      return whenKnown(this.#usualRoute(recipient, klass, sender), (usual) =>
        whenKnown(this.#options.findTransport(recipient), (override) =>
          override === undefined ? usual : overridden(usual, override, recipient.domain),
        ),
      );
    });
  }

  #usualRoute(
    recipient: Address,
    klass: Exclude<AddressClass, 'virtual-alias'>,
    sender: Address | undefined,
  ): MaybePromise<Route> {
    const asked = klass === 'default' ? sender : undefined;
    return whenKnown(this.#bySender('findSenderTransport', asked), (wanted) => {
      const [transport, explicit] = splitTransport(wanted ?? this.#options.transports[klass]);
      if (explicit !== '') return { transport, nexthop: explicit };
      if (klass === 'local' || klass === 'virtual-mailbox') return { transport, nexthop: recipient.domain };
      return whenKnown(this.#bySender('findSenderRelayhost', sender), (found) => ({
        transport,
        nexthop: (found ?? this.#options.relayhost) || recipient.domain,
      }));
    });
  }

  /** `<>` stands for the null sender. `Postfix: empty_address_*_maps_lookup_key`. */
  #bySender(
    table: 'findSenderTransport' | 'findSenderRelayhost',
    sender: Address | undefined,
  ): MaybePromise<string | undefined> {
    const find = this.#options[table];
    if (!find || !sender) return undefined;
    return whenKnown(find(sender.text === '' ? address('<>') : sender), (found) =>
      found === undefined || found === '' || /^dunno$/i.test(found) ? undefined : found,
    );
  }
}

/** What transport_maps says, in place of the usual way. */
function overridden(usual: Route, override: string, domain: string): Route {
  const [transport, nexthop] = splitTransport(override);
  if (transport === 'error' && nexthop === '') return { transport, nexthop: '5.7.1 delivery not permitted' };
  return {
    transport: transport || usual.transport,
    nexthop: nexthop || (transport === '' ? usual.nexthop : domain),
  };
}

/** `smtp:[127.0.0.1]:25` in its two parts. */
export function splitTransport(text: string): [transport: string, nexthop: string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
