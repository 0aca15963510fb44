/**
 * Parameters that Postfix has given another name, replaced or dropped, and those of the years of 2003 to 2007. Where
 * the meaning is exactly that of a newer one, the newer one takes it over; else the complaint says what to write.
 * `Postfix: DEPRECATION_README, postconf_unused.c, RELEASE_NOTES`.
 */

export interface DeprecatedParameter {
  readonly name: string;
  /** What to do instead. */
  readonly instead: string;
  /** The newer parameter that takes over the meaning while it is not set itself, and its value then (raw text). */
  readonly becomes?: { readonly name: string; readonly value: string };
  /** The gateway does not honour it, so mail may be treated otherwise than expected. */
  readonly lost?: true;
}

/** A parameter whose value another one has now. */
function renamed(name: string, now: string): DeprecatedParameter {
  return { name, instead: `write ${now}`, becomes: { name: now, value: `$${name}` } };
}

/** A parameter that the default of a newer one still mentions, so that nothing need be done. */
function mentioned(name: string, now: string): DeprecatedParameter {
  return { name, instead: `write ${now}` };
}

function dropped(name: string, instead: string): DeprecatedParameter {
  return { name, instead };
}

function lost(name: string, instead: string): DeprecatedParameter {
  return { name, instead, lost: true };
}

/** `smtpd_use_tls` and `smtpd_enforce_tls` made one level. */
function serverLevel(name: string): DeprecatedParameter {
  const value = '${{$smtpd_enforce_tls} == {yes} ? {encrypt} : {${{$smtpd_use_tls} == {yes} ? {may} : {}}}}';
  return {
    name,
    instead: 'write smtpd_tls_security_level = may (or encrypt)',
    becomes: { name: 'smtpd_tls_security_level', value },
  };
}

/** The same for the client, where the name in the certificate was checked unless that was switched off. */
function clientLevel(prefix: 'smtp' | 'lmtp', name: string): DeprecatedParameter {
  const enforced = `\${{$${prefix}_tls_enforce_peername} == {no} ? {encrypt} : {verify}}`;
  const value = `\${{$${prefix}_enforce_tls} == {yes} ? {${enforced}} : {\${{$${prefix}_use_tls} == {yes} ? {may} : {}}}}`;
  return {
    name: `${prefix}_${name}`,
    instead: `write ${prefix}_tls_security_level = may (or encrypt, or verify)`,
    becomes: { name: `${prefix}_tls_security_level`, value },
  };
}

const automatic = 'leave it out: it is chosen automatically';
const noDsa = 'leave it out: DSA certificates are no longer in use';

const rows: readonly DeprecatedParameter[] = [
  serverLevel('smtpd_use_tls'),
  serverLevel('smtpd_enforce_tls'),
  clientLevel('smtp', 'use_tls'),
  clientLevel('smtp', 'enforce_tls'),
  clientLevel('smtp', 'tls_enforce_peername'),
  clientLevel('lmtp', 'use_tls'),
  clientLevel('lmtp', 'enforce_tls'),
  clientLevel('lmtp', 'tls_enforce_peername'),
  lost('smtp_tls_per_site', 'write smtp_tls_policy_maps'),
  lost('lmtp_tls_per_site', 'write lmtp_tls_policy_maps'),
  lost('smtpd_tls_cipherlist', 'write smtpd_tls_mandatory_ciphers'),
  lost('smtp_tls_cipherlist', 'write smtp_tls_mandatory_ciphers'),
  dropped('smtpd_tls_dh1024_param_file', automatic),
  dropped('smtpd_tls_dh512_param_file', automatic),
  dropped('smtpd_tls_eecdh_grade', automatic),
  dropped('tls_eecdh_strong_curve', automatic),
  dropped('tls_eecdh_ultra_curve', automatic),
  dropped('tls_daemon_random_source', automatic),
  dropped('smtpd_tls_dcert_file', noDsa),
  dropped('smtpd_tls_dkey_file', noDsa),
  dropped('smtp_tls_dcert_file', noDsa),
  dropped('smtp_tls_dkey_file', noDsa),
  dropped('lmtp_tls_dcert_file', noDsa),
  dropped('lmtp_tls_dkey_file', noDsa),
  dropped('smtp_cname_overrides_servername', 'leave it out: names are never replaced so'),
  dropped('lmtp_cname_overrides_servername', 'leave it out: names are never replaced so'),
  {
    name: 'disable_dns_lookups',
    instead: 'write smtp_dns_support_level = disabled',
    becomes: {
      name: 'smtp_dns_support_level',
      value: '${{$disable_dns_lookups} == {yes} ? {disabled} : {}}',
    },
  },
  mentioned('virtual_maps', 'virtual_alias_maps'),
  mentioned('fallback_relay', 'smtp_fallback_relay'),
  mentioned('authorized_verp_clients', 'smtpd_authorized_verp_clients'),
  mentioned('smtpd_client_connection_limit_exceptions', 'smtpd_client_event_limit_exceptions'),
  mentioned('smtpd_per_record_deadline', 'smtpd_per_request_deadline'),
  mentioned('smtp_per_record_deadline', 'smtp_per_request_deadline'),
  mentioned('lmtp_per_record_deadline', 'lmtp_per_request_deadline'),
  mentioned('postscreen_blacklist_action', 'postscreen_denylist_action'),
  mentioned('postscreen_dnsbl_whitelist_threshold', 'postscreen_dnsbl_allowlist_threshold'),
  mentioned('postscreen_dnsbl_ttl', 'postscreen_dnsbl_max_ttl'),
  mentioned('postscreen_whitelist_interfaces', 'postscreen_allowlist_interfaces'),
  mentioned('tlsproxy_client_level', 'tlsproxy_client_security_level'),
  mentioned('tlsproxy_client_policy', 'tlsproxy_client_policy_maps'),
  renamed('smtpd_sasl_application_name', 'smtpd_sasl_path'),
  renamed('lmtp_cache_connection', 'lmtp_connection_cache_on_demand'),
  dropped('program_directory', 'leave it out: it is daemon_directory in Postfix'),
  dropped('smtp_skip_4xx_greeting', 'leave it out: such servers are always skipped'),
  dropped('enable_errors_to', 'leave it out: Errors-To: headers are never followed'),
  dropped('extract_recipient_limit', 'leave it out: recipients are never taken from headers'),
  lost('sender_based_routing', 'write sender_dependent_relayhost_maps'),
];

/** The deprecated parameters by name. */
export const deprecatedParameters: ReadonlyMap<string, DeprecatedParameter> = new Map(
  rows.map((row) => [row.name, row]),
);

/** What older parameters can make of a newer one. */
export function predecessorsOf(name: string): readonly DeprecatedParameter[] {
  return byNewName.get(name) ?? [];
}

const byNewName = Map.groupBy(rows, (row) => row.becomes?.name ?? '');
byNewName.delete('');
