/** The elements of HTML, as far as they tell where a text begins and ends and whether it is seen. HTML 13.1.2, 15.3. */

/** Begin and end a paragraph. */
export const blocks =
  words(`address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
  figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup
  option p plaintext pre search section summary table tbody tfoot thead tr ul xmp`);

/** Stand beside each other, with a gap. */
export const cells = words('td th');

/** Have no content and no end. */
export const empties = words(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr',
);

/** Whose content nobody sees. Contents of `style` are read elsewhere. */
export const unseens = words(
  'script style title template noembed noframes iframe datalist audio video canvas',
);

/** Inside of these, outside of a cell, text is moved in front of the table. HTML 13.2.6.1. */
export const tableParts = words('table tbody thead tfoot tr colgroup');

/** An element that begins ends these, up to the first element that bounds them. HTML 13.1.2.4. */
export interface Implied {
  readonly ends: ReadonlySet<string>;
  readonly boundBy: ReadonlySet<string>;
}

const buttons = words('button table td th caption object marquee template');
const lists = words('ul ol menu dir dl table td th');
const tables = words('table');
const paragraph: Implied = { ends: words('p'), boundBy: buttons };

export const implied: ReadonlyMap<string, readonly Implied[]> = new Map([
  ...[...blocks]
    .filter((name) => !tableParts.has(name) && !/^(?:html|body|caption|option|optgroup|legend)$/.test(name))
    .map((name): [string, Implied[]] => [name, [paragraph]]),
  ['table', [paragraph]],
  ['li', [paragraph, { ends: words('li'), boundBy: lists }]],
  ['dd', [paragraph, { ends: words('dd dt'), boundBy: lists }]],
  ['dt', [paragraph, { ends: words('dd dt'), boundBy: lists }]],
  ['option', [{ ends: words('option'), boundBy: words('select datalist optgroup') }]],
  ['optgroup', [{ ends: words('option optgroup'), boundBy: words('select') }]],
  ['tr', [{ ends: words('tr td th caption'), boundBy: tables }]],
  ['td', [{ ends: words('td th caption'), boundBy: words('table tr') }]],
  ['th', [{ ends: words('td th caption'), boundBy: words('table tr') }]],
  ['tbody', [{ ends: words('tbody thead tfoot tr td th caption colgroup'), boundBy: tables }]],
  ['thead', [{ ends: words('tbody thead tfoot tr td th caption colgroup'), boundBy: tables }]],
  ['tfoot', [{ ends: words('tbody thead tfoot tr td th caption colgroup'), boundBy: tables }]],
  ['a', [{ ends: words('a'), boundBy: buttons }]],
  ['nobr', [{ ends: words('nobr'), boundBy: buttons }]],
  ['button', [{ ends: words('button'), boundBy: buttons }]],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name): [string, Implied[]] => [name, [paragraph]]),
]);

/** An end tag ends one of these as well. */
export const sameEnd: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => [name, words('h1 h2 h3 h4 h5 h6')]),
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
