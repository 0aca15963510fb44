/**
 * The organisation that a host or domain belongs to: `mail-ej1-f41.google.com` is google.com's, `mx.example.co.uk` is
 * example.co.uk's. Known from the public suffix list (npm tldts, which carries it); what a provider gives to strangers
 * (`customer.herokuapp.com`) is an organisation of its own, or (`ec2-...compute-1.amazonaws.com`) nobody's.
 */
import { getDomain } from 'tldts';

/** Lower case; undefined for addresses and names that are nobody's. */
export function organisationOf(name: string): string | undefined {
  return getDomain(name.toLowerCase(), { allowPrivateDomains: true, detectIp: true }) ?? undefined;
}

/** Whether both belong to the same organisation. */
export function sameOrganisation(a: string, b: string): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true;
  const organisation = organisationOf(a);
  return organisation !== undefined && organisation === organisationOf(b);
}
