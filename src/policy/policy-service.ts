/** A policy service as the judges see it: a question in, an action out. `Postfix: SMTPD_POLICY_README`. */

/** What is told of a mail, in the order in which it is sent. */
export type PolicyAttributes = readonly (readonly [name: string, value: string])[];

export interface PolicyService {
  /** `inet:127.0.0.1:10023`, as it stands in log lines. */
  readonly name: string;
  /** What happens when there is no answer. */
  readonly defaultAction: string;
  /**
   * The action that it answers, as in access(5); undefined when it does not answer, which the log has been told.
   * `instance`: questions about one mail go over one connection as long as that lives.
   */
  ask(attributes: PolicyAttributes, instance: string): Promise<string | undefined>;
}
