/**
 * Who a client is, as far as that can be known at RCPT: the domain that SPF proves, else the domain that signed its last
 * mails, else the organisation in its confirmed name, else its network. Pools of servers have one identity, and so do
 * the IPv4 and the IPv6 address of one sender. Parameters: greylist_key, greylist_ipv4_prefix, greylist_ipv6_prefix.
 * What cannot be known now falls back to the next best: identities come as a list, the best one first.
 */
import type { Address } from '../mail/address.ts';
import type { Client } from '../mail/client.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Session } from '../mail/session.ts';
import { isGenericName } from './generic-name.ts';
import type { KnownSigners } from './known-signers.ts';
import { networkKey, type PrefixBits } from './network-key.ts';
import { organisationOf, sameOrganisation } from './organisation.ts';
import { Recent } from './recent.ts';

/** Who sends what. */
export interface Sighting {
  readonly session: Session;
  readonly sender: Address;
  readonly envelope: Envelope | undefined;
}

export interface Identity {
  readonly kind: 'spf' | 'dkim' | 'name' | 'network' | 'address';
  /** `spf:example.com`, `net:192.0.2.0/24`: the beginning of keys in the store. */
  readonly key: string;
  /** Whose returns are counted: behind a network there are many, so there it is the address. */
  readonly clientKey: string;
}

export interface IdentitiesOptions {
  readonly by: 'identity' | 'network' | 'address';
  readonly prefixBits: PrefixBits;
  /** The domain of the sender (or of HELO) if SPF says that the client may send for it. Never rejects. */
  spfDomain(sighting: Sighting): Promise<string | undefined>;
  readonly signers: Pick<KnownSigners, 'find'>;
  readonly now?: () => number;
}

const MAX_KEPT = 20_000;
const KEPT_MS = 60_000;

export class Identities {
  readonly #options: IdentitiesOptions;
  readonly #proofs: Recent<Promise<readonly Identity[]>>;

  constructor(options: IdentitiesOptions) {
    this.#options = options;
    this.#proofs = new Recent(MAX_KEPT, KEPT_MS, options.now);
  }

  /** The identities that count for greylisting, the best one first; never empty. Never rejects. */
  async find(sighting: Sighting): Promise<readonly [Identity, ...Identity[]]> {
    const { by, prefixBits } = this.#options;
    const { client } = sighting.session;
    const address = {
      kind: 'address',
      key: `address:${client.address}`,
      clientKey: this.#clientKey(client),
    } as const;
    if (by === 'address') return [address];
    const network = {
      ...address,
      kind: 'network',
      key: `net:${networkKey(client.address, prefixBits)}`,
    } as const;
    if (by === 'network') return [network];
    const better = [...(await this.#proven(sighting)), ...nameOf(client)];
    const [best] = better;
    return best ? [best, ...better.slice(1), network] : [network];
  }

  /**
   * What proves that mail of this domain (or its organisation) comes from this client; undefined: nothing. That such
   * mail was signed so far (`dkim`) is a proof only when this mail turns out to be signed, too. Never rejects.
   */
  async proofOf(domain: string, sighting: Sighting): Promise<Identity['kind'] | undefined> {
    const proven = await this.#proven(sighting);
    return proven.find(({ key }) => sameOrganisation(key.slice(key.indexOf(':') + 1), domain))?.kind;
  }

  #proven(sighting: Sighting): Promise<readonly Identity[]> {
    const { client, helo = '' } = sighting.session;
    const { sender } = sighting;
    const key = `${client.address} ${sender.text === '' ? `<> ${helo}` : sender.domain}`.toLowerCase();
    const known = this.#proofs.get(key);
    if (known) return known;
    const proven = this.#prove(sighting);
    this.#proofs.set(key, proven);
    return proven;
  }

  async #prove(sighting: Sighting): Promise<readonly Identity[]> {
    const { spfDomain, signers } = this.#options;
    const [spf, signer] = await Promise.all([
      spfDomain(sighting),
      signers.find(sighting.session.client.address, sighting.sender.domain),
    ]);
    const identities: Identity[] = [];
    if (spf !== undefined) identities.push(identity('spf', spf));
    if (signer !== undefined) identities.push(identity('dkim', signer));
    return identities;
  }

  /** An IPv6 client is its network: it has more addresses there than we could count. */
  #clientKey({ address }: Client): string {
    return `address:${networkKey(address, { ipv4: 32, ipv6: this.#options.prefixBits.ipv6 })}`;
  }
}

function nameOf({ name, nameStatus, address }: Client): Identity[] {
  if (nameStatus !== 'ok' || isGenericName(name, address)) return [];
  const organisation = organisationOf(name);
  return organisation === undefined ? [] : [identity('name', organisation)];
}

function identity(kind: 'spf' | 'dkim' | 'name', domain: string): Identity {
  const key = `${kind}:${domain.toLowerCase()}`;
  return { kind, key, clientKey: key };
}
