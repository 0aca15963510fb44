/**
 * Parameters of Postfix that an SMTP gateway has no use for, with the half sentence why and with their defaults, since
 * other values may mention them as `$name`. `postconf -d` of Postfix 3.7, and names of releases up to 3.12.
 * Setting one is worth a note; where mail would be treated otherwise than its owner expects, a warning.
 */
import type { Severity } from './complaint.ts';

interface IgnoredGroup {
  /** How much it matters that such a parameter is set (to anything but nothing). */
  readonly severity: Severity;
  /** "it is ignored: ..." */
  readonly why: string;
  /** What to do instead. */
  readonly remedy?: string;
  /** `name = default`, one a line. */
  readonly parameters: string;
}

const groups: readonly IgnoredGroup[] = [
  {
    severity: 'warning',
    why: 'the gateway does not speak to milters',
    remedy:
      'dkim_verify, dkim_sign, dmarc_policy and clamav_socket do the work of OpenDKIM, OpenDMARC and clamav-milter; others stay at the mail server behind',
    parameters: `
      non_smtpd_milters =
      smtpd_milter_maps =
      smtpd_milters =
    `,
  },
  {
    severity: 'warning',
    why: 'mail is passed on as it came',
    parameters: `
      lmtp_body_checks =
      lmtp_generic_maps =
      lmtp_header_checks =
      lmtp_mime_header_checks =
      lmtp_nested_header_checks =
      smtp_body_checks =
      smtp_generic_maps =
      smtp_header_checks =
      smtp_mime_header_checks =
      smtp_nested_header_checks =
    `,
  },
  {
    severity: 'note',
    why: 'the gateway does not speak to milters',
    parameters: `
      milter_command_timeout = 30s
      milter_connect_macros = j {daemon_name} {daemon_addr} v _
      milter_connect_timeout = 30s
      milter_content_timeout = 300s
      milter_data_macros = i
      milter_default_action = tempfail
      milter_end_of_data_macros = i
      milter_end_of_header_macros = i
      milter_header_checks =
      milter_helo_macros = {tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}
      milter_macro_daemon_name = $myhostname
      milter_macro_defaults =
      milter_macro_v = $mail_name $mail_version
      milter_mail_macros = i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}
      milter_protocol = 6
      milter_rcpt_macros = i {rcpt_addr} {rcpt_host} {rcpt_mailer}
      milter_unknown_command_macros =
    `,
  },
  {
    severity: 'note',
    why: 'no mail is delivered on this host',
    parameters: `
      alias_database = hash:/etc/aliases
      allow_mail_to_commands = alias, forward
      allow_mail_to_files = alias, forward
      biff = yes
      command_execution_directory =
      command_expansion_filter = 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
      default_privs = nobody
      deliver_lock_attempts = 20
      deliver_lock_delay = 1s
      execution_directory_expansion_filter = 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
      expand_owner_alias = no
      fallback_transport =
      fallback_transport_maps =
      forward_expansion_filter = 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
      forward_path = $home/.forward\${recipient_delimiter}\${extension}, $home/.forward
      frozen_delivered_to = yes
      home_mailbox =
      local_command_shell =
      local_delivery_status_filter = $default_delivery_status_filter
      luser_relay =
      mail_spool_directory = /var/mail
      mailbox_command =
      mailbox_command_maps =
      mailbox_delivery_lock = fcntl, dotlock
      mailbox_size_limit = 51200000
      mailbox_transport =
      mailbox_transport_maps =
      pipe_delivery_status_filter = $default_delivery_status_filter
      prepend_delivered_header = command, file, forward
      require_home_directory = no
      reset_owner_alias = no
      stale_lock_time = 500s
      strict_mailbox_ownership = yes
      sun_mailtool_compatibility = no
      virtual_delivery_status_filter = $default_delivery_status_filter
      virtual_gid_maps =
      virtual_mailbox_base =
      virtual_mailbox_limit = 51200000
      virtual_mailbox_lock = fcntl, dotlock
      virtual_minimum_uid = 100
      virtual_uid_maps =
    `,
  },
  {
    severity: 'note',
    why: 'there is no queue',
    parameters: `
      best_mx_transport =
      connection_cache_protocol_timeout = 5s
      connection_cache_status_update_time = 600s
      connection_cache_ttl_limit = 2s
      default_delivery_slot_cost = 5
      default_delivery_slot_discount = 50
      default_delivery_slot_loan = 3
      default_delivery_status_filter =
      default_destination_concurrency_failed_cohort_limit = 1
      default_destination_concurrency_limit = 20
      default_destination_concurrency_negative_feedback = 1
      default_destination_concurrency_positive_feedback = 1
      default_destination_rate_delay = 0s
      default_destination_recipient_limit = 50
      default_extra_recipient_limit = 1000
      default_minimum_delivery_slots = 3
      default_recipient_limit = 20000
      default_recipient_refill_delay = 5s
      default_recipient_refill_limit = 100
      default_transport_rate_delay = 0s
      defer_transports =
      destination_concurrency_feedback_debug = no
      dont_remove = 0
      duplicate_filter_limit = 1000
      enable_long_queue_ids = no
      hash_queue_depth = 1
      hash_queue_names = deferred, defer
      in_flow_delay = 1s
      initial_destination_concurrency = 5
      lmtp_assume_final = no
      lmtp_delivery_status_filter = $default_delivery_status_filter
      maximal_backoff_time = 4000s
      maximal_queue_lifetime = 5d
      minimal_backoff_time = 300s
      qmgr_clog_warn_time = 300s
      qmgr_daemon_timeout = 1000s
      qmgr_fudge_factor = 100
      qmgr_ipc_timeout = 60s
      qmgr_message_active_limit = 20000
      qmgr_message_recipient_limit = 20000
      qmgr_message_recipient_minimum = 10
      queue_file_attribute_count_limit = 100
      queue_run_delay = 300s
      relocated_prefix_enable = yes
      smtp_delivery_status_filter = $default_delivery_status_filter
      transport_retry_time = 60s
      trigger_timeout = 10s
    `,
  },
  {
    severity: 'note',
    why: 'the gateway sends no notices and no bounces',
    parameters: `
      2bounce_notice_recipient = postmaster
      backwards_bounce_logfile_compatibility = yes
      bounce_notice_recipient = postmaster
      bounce_queue_lifetime = 5d
      bounce_size_limit = 50000
      bounce_template_file =
      confirm_delay_cleared = no
      delay_notice_recipient = postmaster
      delay_warning_time = 0h
      disable_verp_bounces = no
      enable_threaded_bounces = no
      error_notice_recipient = postmaster
      full_name_encoding_charset = utf-8
      header_from_format = standard
      notify_classes = resource, software
      smtpd_history_flush_threshold = 100
    `,
  },
  {
    severity: 'note',
    why: 'bounces are not sent, so their senders need no marks',
    parameters: `
      default_verp_delimiters = +=
      smtpd_authorized_verp_clients = $authorized_verp_clients
      verp_delimiter_filter = -=+
    `,
  },
  {
    severity: 'note',
    why: 'there is no sendmail command',
    parameters: `
      authorized_flush_users = static:anyone
      authorized_mailq_users = static:anyone
      authorized_submit_users = static:anyone
      empty_address_local_login_sender_maps_lookup_key = <>
      fast_flush_purge_time = 7d
      fast_flush_refresh_time = 12h
      internal_mail_filter_classes =
      local_login_sender_maps = static:*
      mailq_path = /usr/bin/mailq
      newaliases_path = /usr/bin/newaliases
      sendmail_fix_line_endings = always
      sendmail_path = /usr/sbin/sendmail
      setgid_group = postdrop
      smtputf8_autodetect_classes = sendmail, verify
    `,
  },
  {
    severity: 'note',
    why: 'QMQP is not spoken',
    parameters: `
      qmqpd_authorized_clients =
      qmqpd_client_port_logging = no
      qmqpd_error_delay = 1s
      qmqpd_timeout = 300s
    `,
  },
  {
    severity: 'note',
    why: 'the tests of postscreen after the greeting are not made',
    parameters: `
      postscreen_bare_newline_action = ignore
      postscreen_bare_newline_enable = no
      postscreen_bare_newline_ttl = 30d
      postscreen_non_smtp_command_action = drop
      postscreen_non_smtp_command_enable = no
      postscreen_non_smtp_command_ttl = 30d
      postscreen_pipelining_action = enforce
      postscreen_pipelining_enable = no
      postscreen_pipelining_ttl = 30d
    `,
  },
  {
    severity: 'note',
    why: 'the gateway tests newcomers itself, and remembers them in state_store',
    parameters: `
      dnsblog_reply_delay = 0s
      dnsblog_service_name = dnsblog
      postscreen_cache_cleanup_interval = 12h
      postscreen_cache_map = btree:$data_directory/postscreen_cache
      postscreen_post_queue_limit = $default_process_limit
      postscreen_watchdog_timeout = 10s
    `,
  },
  {
    severity: 'note',
    why: 'clients that fail the tests of postscreen are heard by smtpd, by its parameters',
    parameters: `
      postscreen_command_count_limit = 20
      postscreen_command_filter =
      postscreen_disable_vrfy_command = $disable_vrfy_command
      postscreen_command_time_limit = \${stress?{10}:{300}}s
      postscreen_discard_ehlo_keyword_address_maps = $smtpd_discard_ehlo_keyword_address_maps
      postscreen_discard_ehlo_keywords = $smtpd_discard_ehlo_keywords
      postscreen_enforce_tls = $smtpd_enforce_tls
      postscreen_expansion_filter = $smtpd_expansion_filter
      postscreen_forbidden_commands = $smtpd_forbidden_commands
      postscreen_helo_required = $smtpd_helo_required
      postscreen_reject_footer = $smtpd_reject_footer
      postscreen_reject_footer_maps = $smtpd_reject_footer_maps
      postscreen_starttls_timeout = $smtpd_starttls_timeout
      postscreen_tls_CAfile = $smtpd_tls_CAfile
      postscreen_tls_CApath = $smtpd_tls_CApath
      postscreen_tls_always_issue_session_ids = $smtpd_tls_always_issue_session_ids
      postscreen_tls_ask_ccert = $smtpd_tls_ask_ccert
      postscreen_tls_ccert_verifydepth = $smtpd_tls_ccert_verifydepth
      postscreen_tls_cert_file = $smtpd_tls_cert_file
      postscreen_tls_chain_files = $smtpd_tls_chain_files
      postscreen_tls_ciphers = $smtpd_tls_ciphers
      postscreen_tls_dcert_file = $smtpd_tls_dcert_file
      postscreen_tls_dh1024_param_file = $smtpd_tls_dh1024_param_file
      postscreen_tls_dh512_param_file = $smtpd_tls_dh512_param_file
      postscreen_tls_dkey_file = $smtpd_tls_dkey_file
      postscreen_tls_eccert_file = $smtpd_tls_eccert_file
      postscreen_tls_eckey_file = $smtpd_tls_eckey_file
      postscreen_tls_eecdh_grade = $smtpd_tls_eecdh_grade
      postscreen_tls_enable_rpk = $smtpd_tls_enable_rpk
      postscreen_tls_exclude_ciphers = $smtpd_tls_exclude_ciphers
      postscreen_tls_fingerprint_digest = $smtpd_tls_fingerprint_digest
      postscreen_tls_key_file = $smtpd_tls_key_file
      postscreen_tls_loglevel = $smtpd_tls_loglevel
      postscreen_tls_loglevel_maps = $smtpd_tls_loglevel_maps
      postscreen_tls_mandatory_ciphers = $smtpd_tls_mandatory_ciphers
      postscreen_tls_mandatory_exclude_ciphers = $smtpd_tls_mandatory_exclude_ciphers
      postscreen_tls_mandatory_protocols = $smtpd_tls_mandatory_protocols
      postscreen_tls_protocols = $smtpd_tls_protocols
      postscreen_tls_req_ccert = $smtpd_tls_req_ccert
      postscreen_tls_security_level = $smtpd_tls_security_level
      postscreen_tls_trace_size_limit = $smtpd_tls_trace_size_limit
      postscreen_use_tls = $smtpd_use_tls
    `,
  },
  {
    severity: 'note',
    why: 'Postfix needs it for its processes',
    parameters: `
      address_verify_service_name = verify
      application_event_drain_time = 100s
      bounce_service_name = bounce
      connection_cache_service_name = scache
      daemon_timeout = 18000s
      default_process_limit = 100
      defer_service_name = defer
      error_service_name = error
      export_environment = TZ MAIL_CONFIG LANG
      flush_service_name = flush
      fork_attempts = 5
      fork_delay = 1s
      import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME
      ipc_idle = 5s
      ipc_timeout = 3600s
      ipc_ttl = 1000s
      max_idle = 100s
      max_use = 100
      pickup_service_name = pickup
      postlog_service_name = postlog
      process_id =
      process_id_directory = pid
      proxymap_service_name = proxymap
      proxywrite_service_name = proxywrite
      queue_service_name = qmgr
      rewrite_service_name = rewrite
      service_throttle_time = 60s
      showq_service_name = showq
      tcp_windowsize = 0
      trace_service_name = trace
    `,
  },
  {
    severity: 'note',
    why: 'it belongs to the installation of Postfix',
    parameters: `
      alternate_config_directories =
      command_directory = /usr/sbin
      daemon_directory = /usr/lib/postfix/sbin
      html_directory = /usr/share/doc/postfix/html
      mail_release_date = 20240304
      manpage_directory = /usr/share/man
      meta_directory = /etc/postfix
      multi_instance_directories =
      multi_instance_enable = no
      multi_instance_group =
      multi_instance_name =
      multi_instance_wrapper =
      postmulti_control_commands = reload flush
      postmulti_start_commands = start
      postmulti_stop_commands = stop abort drain quick-stop
      readme_directory = /usr/share/doc/postfix
      sample_directory = /etc/postfix
      shlib_directory = /usr/lib/postfix
    `,
  },
  {
    severity: 'note',
    why: 'tables are read from their text, and what is remembered is in state_store',
    parameters: `
      address_verify_map = btree:$data_directory/verify_cache
      berkeley_db_create_buffer_size = 16777216
      berkeley_db_read_buffer_size = 131072
      daemon_table_open_error_is_fatal = no
      default_cache_db_type = btree
      lmdb_map_size = 16777216
      non_bdb_custom_mapping =
      non_bdb_migration_allow_root_prefixes = /etc /usr/local/etc
      non_bdb_migration_allow_user_prefixes = $data_directory /var/lib/mailman /var/lib/mailman3
      non_bdb_migration_level = NBDB_LEV_NAME_NONE
      non_bdb_migration_log_redirect = yes
      non_bdb_migration_service_name = nbdb_reindex
      proxy_read_maps = $local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions $address_verify_sender_dependent_default_transport_maps $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks
      proxy_write_maps = $smtp_sasl_auth_cache_name $lmtp_sasl_auth_cache_name $address_verify_map $postscreen_cache_map
      smtp_sasl_auth_cache_name =
      smtp_sasl_auth_cache_time = 90d
      socketmap_max_query_size = 10000querysizelimit
      socketmap_max_reply_size = 100000replysizelimit
    `,
  },
  {
    severity: 'note',
    why: 'log files are kept by others',
    parameters: `
      debug_peer_level = 2
      debug_peer_list =
      debugger_command =
      delay_logging_resolution_limit = 2
      fault_injection_code = 0
      helpful_warnings = yes
      maillog_file_compressor = gzip
      maillog_file_permissions = 0600
      maillog_file_prefixes = /var, /dev/stdout
      maillog_file_rotate_suffix = %Y%m%d-%H%M%S
      postlogd_watchdog_timeout = 10s
      syslog_facility = mail
    `,
  },
  {
    severity: 'note',
    why: 'logins go through a password file or Dovecot, and through our own client',
    parameters: `
      cyrus_sasl_config_path =
      lmtp_sasl_auth_cache_name =
      lmtp_sasl_auth_cache_time = 90d
      lmtp_sasl_password_result_delimiter = :
      lmtp_sasl_path =
      lmtp_sasl_type = cyrus
      send_cyrus_sasl_authzid = no
      smtp_sasl_password_result_delimiter = :
      smtp_sasl_path =
      smtp_sasl_type = cyrus
    `,
  },
  {
    severity: 'note',
    why: 'TLS needs no process of its own',
    parameters: `
      tls_daemon_random_bytes = 32
      tls_random_bytes = 32
      tls_random_exchange_name = \${data_directory}/prng_exch
      tls_random_prng_update_period = 3600s
      tls_random_reseed_period = 3600s
      tls_random_source = dev:/dev/urandom
      tlsmgr_service_name = tlsmgr
      tlsproxy_client_CAfile = $smtp_tls_CAfile
      tlsproxy_client_CApath = $smtp_tls_CApath
      tlsproxy_client_cert_file = $smtp_tls_cert_file
      tlsproxy_client_chain_files = $smtp_tls_chain_files
      tlsproxy_client_dcert_file = $smtp_tls_dcert_file
      tlsproxy_client_dkey_file = $smtp_tls_dkey_file
      tlsproxy_client_eccert_file = $smtp_tls_eccert_file
      tlsproxy_client_eckey_file = $smtp_tls_eckey_file
      tlsproxy_client_enforce_tls = $smtp_enforce_tls
      tlsproxy_client_fingerprint_digest = $smtp_tls_fingerprint_digest
      tlsproxy_client_key_file = $smtp_tls_key_file
      tlsproxy_client_loglevel = $smtp_tls_loglevel
      tlsproxy_client_loglevel_parameter = smtp_tls_loglevel
      tlsproxy_client_per_site = $smtp_tls_per_site
      tlsproxy_client_policy_maps = \${tlsproxy_client_policy:$smtp_tls_policy_maps}
      tlsproxy_client_scert_verifydepth = $smtp_tls_scert_verifydepth
      tlsproxy_client_security_level = \${tlsproxy_client_level:$smtp_tls_security_level}
      tlsproxy_client_use_tls = $smtp_use_tls
      tlsproxy_enforce_tls = $smtpd_enforce_tls
      tlsproxy_service_name = tlsproxy
      tlsproxy_tls_CAfile = $smtpd_tls_CAfile
      tlsproxy_tls_CApath = $smtpd_tls_CApath
      tlsproxy_tls_always_issue_session_ids = $smtpd_tls_always_issue_session_ids
      tlsproxy_tls_ask_ccert = $smtpd_tls_ask_ccert
      tlsproxy_tls_ccert_verifydepth = $smtpd_tls_ccert_verifydepth
      tlsproxy_tls_cert_file = $smtpd_tls_cert_file
      tlsproxy_tls_chain_files = $smtpd_tls_chain_files
      tlsproxy_tls_ciphers = $smtpd_tls_ciphers
      tlsproxy_tls_dcert_file = $smtpd_tls_dcert_file
      tlsproxy_tls_dh1024_param_file = $smtpd_tls_dh1024_param_file
      tlsproxy_tls_dh512_param_file = $smtpd_tls_dh512_param_file
      tlsproxy_tls_dkey_file = $smtpd_tls_dkey_file
      tlsproxy_tls_eccert_file = $smtpd_tls_eccert_file
      tlsproxy_tls_eckey_file = $smtpd_tls_eckey_file
      tlsproxy_tls_eecdh_grade = $smtpd_tls_eecdh_grade
      tlsproxy_tls_enable_rpk = $smtpd_tls_enable_rpk
      tlsproxy_tls_exclude_ciphers = $smtpd_tls_exclude_ciphers
      tlsproxy_tls_fingerprint_digest = $smtpd_tls_fingerprint_digest
      tlsproxy_tls_key_file = $smtpd_tls_key_file
      tlsproxy_tls_loglevel = $smtpd_tls_loglevel
      tlsproxy_tls_mandatory_ciphers = $smtpd_tls_mandatory_ciphers
      tlsproxy_tls_mandatory_exclude_ciphers = $smtpd_tls_mandatory_exclude_ciphers
      tlsproxy_tls_mandatory_protocols = $smtpd_tls_mandatory_protocols
      tlsproxy_tls_protocols = $smtpd_tls_protocols
      tlsproxy_tls_req_ccert = $smtpd_tls_req_ccert
      tlsproxy_tls_security_level = $smtpd_tls_security_level
      tlsproxy_use_tls = $smtpd_use_tls
      tlsproxy_watchdog_timeout = 10s
    `,
  },
  {
    severity: 'note',
    why: 'the TLS library of Node.js decides this',
    parameters: `
      lmtp_log_tls_feature_status = yes
      lmtp_tls_connection_reuse = no
      lmtp_tls_enable_rpk = no
      lmtp_tls_enforce_sts_mx_patterns = yes
      lmtp_tls_force_insecure_host_tlsa_lookup = no
      lmtp_tls_loglevel_maps =
      lmtp_tls_session_cache_database =
      lmtp_tls_session_cache_timeout = 3600s
      lmtp_tls_trace_size_limit = 102400
      lmtp_tlsrpt_enable = no
      lmtp_tlsrpt_skip_reused_handshakes = no
      lmtp_tlsrpt_socket_name =
      openssl_path = openssl
      smtp_log_tls_feature_status = yes
      smtp_tls_connection_reuse = no
      smtp_tls_dane_insecure_mx_policy = \${{$smtp_tls_security_level} == {dane} ? {dane} : {may}}
      smtp_tls_enable_rpk = no
      smtp_tls_enforce_sts_mx_patterns = yes
      smtp_tls_force_insecure_host_tlsa_lookup = no
      smtp_tls_loglevel_maps =
      smtp_tls_session_cache_database =
      smtp_tls_session_cache_timeout = 3600s
      smtp_tls_trace_size_limit = 102400
      smtp_tlsrpt_enable = no
      smtp_tlsrpt_skip_reused_handshakes = no
      smtp_tlsrpt_socket_name =
      smtpd_tls_always_issue_session_ids = yes
      smtpd_tls_enable_rpk = no
      smtpd_tls_loglevel_maps =
      smtpd_tls_session_cache_database =
      smtpd_tls_trace_size_limit = 102400
      tls_config_file = default
      tls_config_name =
      tls_dane_digests = sha512 sha256
      tls_disable_workarounds =
      tls_fast_shutdown_enable = yes
      tls_ffdhe_auto_groups =
      tls_legacy_public_key_fingerprints = no
      tls_session_ticket_cipher = aes-256-cbc
      tls_trace_rate_limit = 1
      tls_trust_server_ccerts = no
      tls_wildcard_matches_multiple_labels = yes
    `,
  },
  {
    severity: 'note',
    why: 'the gateway does without',
    parameters: `
      allow_srv_lookup_fallback = no
      dns_ncache_ttl_fix_enable = no
      dnssec_probe = ns:.
      enable_idna2003_compatibility = no
      force_mime_input_conversion = no
      ignore_srv_lookup_error = no
      lmtp_dns_reply_filter =
      lmtp_dns_resolver_options =
      lmtp_pix_workaround_delay_time = 10s
      lmtp_pix_workaround_maps =
      lmtp_pix_workaround_threshold_time = 500s
      lmtp_pix_workarounds = disable_esmtp,delay_dotcrlf
      lmtp_requiretls_policy = opportunistic
      non_empty_end_of_header_action = NON_EMPTY_EOH_NAME_FIX_QUIETLY
      requiretls_enable = yes
      requiretls_esmtp_header = yes
      requiretls_redact_dsn = yes
      smtp_dns_reply_filter =
      smtp_dns_resolver_options =
      smtp_pix_workaround_delay_time = 10s
      smtp_pix_workaround_maps =
      smtp_pix_workaround_threshold_time = 500s
      smtp_pix_workarounds = disable_esmtp,delay_dotcrlf
      smtp_requiretls_policy = inline:{{\${domain_to_ascii{$mydomain}}=opportunistic}, {.\${domain_to_ascii{$mydomain}}=opportunistic}, {localhost=opportunistic}}, cidr:{{0.0.0.0/0 opportunistic}, {::/0 opportunistic}}, enforce
      smtpd_reject_filter_maps =
      tls_required_enable = yes
      use_srv_lookup =
    `,
  },
];

export interface IgnoredParameter {
  readonly severity: Severity;
  readonly why: string;
  readonly remedy: string;
  /** Raw text. */
  readonly default: string;
}

/** The ignored parameters by name. */
export const ignoredParameters: ReadonlyMap<string, IgnoredParameter> = new Map(groups.flatMap(entries));

function entries({ severity, why, remedy = '', parameters }: IgnoredGroup): [string, IgnoredParameter][] {
  const lines = parameters.split('\n').filter((line) => line.includes('='));
  return lines.map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at).trim(), { severity, why, remedy, default: line.slice(at + 1).trim() }];
  });
}
