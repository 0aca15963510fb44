/**
 * Parameters that are named after a service of master.cf, such as `dksign_destination_concurrency_limit`. Postfix's
 * queue manager reads them; of these the gateway only uses NAME_time_limit of a spawn service.
 * `Postfix: postconf_service.c`.
 */

/** What follows the service's name, and the parameter that is the default. */
const suffixes: Readonly<Record<string, string>> = {
  _time_limit: 'command_time_limit',
  _recipient_limit: 'default_recipient_limit',
  _extra_recipient_limit: 'default_extra_recipient_limit',
  _recipient_refill_limit: 'default_recipient_refill_limit',
  _recipient_refill_delay: 'default_recipient_refill_delay',
  _delivery_slot_cost: 'default_delivery_slot_cost',
  _delivery_slot_loan: 'default_delivery_slot_loan',
  _delivery_slot_discount: 'default_delivery_slot_discount',
  _minimum_delivery_slots: 'default_minimum_delivery_slots',
  _initial_destination_concurrency: 'initial_destination_concurrency',
  _destination_concurrency_limit: 'default_destination_concurrency_limit',
  _destination_recipient_limit: 'default_destination_recipient_limit',
  _destination_concurrency_positive_feedback: 'default_destination_concurrency_positive_feedback',
  _destination_concurrency_negative_feedback: 'default_destination_concurrency_negative_feedback',
  _destination_concurrency_failed_cohort_limit: 'default_destination_concurrency_failed_cohort_limit',
  _destination_rate_delay: 'default_destination_rate_delay',
  _transport_rate_delay: 'default_transport_rate_delay',
};

/** Where the default is another than the suffix says. */
const exceptions: Readonly<Record<string, string>> = {
  local_destination_concurrency_limit: '2',
  local_destination_recipient_limit: '1',
};

export interface ServiceParameter {
  /** The name of the service that master.cf should have. */
  readonly service: string;
  /** Raw text. */
  readonly default: string;
}

/** What a name says of a service; undefined when it is not built that way. The longest suffix counts. */
export function serviceParameter(name: string): ServiceParameter | undefined {
  let found: ServiceParameter | undefined;
  for (const [suffix, fallback] of Object.entries(suffixes)) {
    if (!name.endsWith(suffix) || name.length === suffix.length) continue;
    const service = name.slice(0, -suffix.length);
    if (found === undefined || service.length < found.service.length) {
      found = { service, default: exceptions[name] ?? `$${fallback}` };
    }
  }
  return found;
}
