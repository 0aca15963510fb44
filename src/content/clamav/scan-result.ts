/** What is known of a message after clamd was asked, or could not be. */
export type ScanResult =
  | { readonly kind: 'clean' }
  | { readonly kind: 'infected'; readonly signature: string }
  /** Longer than what is to be scanned at all. */
  | { readonly kind: 'too-large' }
  /** It cannot be known now; `why` is for the log. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What clamd itself can say. */
export type Verdict = Extract<ScanResult, { kind: 'clean' | 'infected' }>;
