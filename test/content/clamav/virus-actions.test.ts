import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirusActions } from '../../../src/content/clamav/virus-actions.ts';
import { silentLog } from '../../../src/record/log.ts';
import type { LookupHow } from '../../../src/tables/table.ts';

const main = { file: 'main.cf', line: 3 };
const rules = { file: 'viruses', line: 1 };

/** A table of texts and patterns, which see whole names only. */
function tableOf(entries: Readonly<Record<string, string>>) {
  return {
    findEntry(key: string, how?: LookupHow) {
      for (const [name, value] of Object.entries(entries)) {
        const [, pattern] = /^\/(.*)\/$/.exec(name) ?? [];
        const fits = pattern === undefined ? name === key : !how?.partial && new RegExp(pattern).test(key);
        if (fits) return { value, source: rules };
      }
      return undefined;
    },
  };
}

function actionsWith(entries: Readonly<Record<string, string>>, warnings: string[] = []) {
  return new VirusActions({
    action: { kind: 'reject', source: main },
    heuristicAction: { kind: 'tag', source: main },
    maps: tableOf(entries),
    log: { ...silentLog, warn: (sentence) => warnings.push(sentence) },
  });
}

const MAPS = {
  'Heuristics.Phishing': 'quarantine',
  'Heuristics.Phishing.Email': 'DISCARD',
  'Win.Test.EICAR_HDB-1': 'tag',
  Mine: 'reject 5.7.1 not here',
  'Sanesecurity.Junk': 'HOLD',
  'False.Alarm-7': 'ok',
  Undecided: 'dunno',
  Nonsense: 'shred it',
  '/^PUA\\.Win/': 'discard looks bad',
};

const CASES: readonly [string, string, string | undefined, string][] = [
  // signature, action, text, parameter
  ['Win.Trojan.Agent-1', 'reject', undefined, 'clamav_action'],
  ['Win.Trojan.Agent-1.UNOFFICIAL', 'reject', undefined, 'clamav_action'],
  ['Heuristics.Encrypted.Zip', 'tag', undefined, 'clamav_heuristic_action'],
  ['PUA.Doc.Packed', 'tag', undefined, 'clamav_heuristic_action'],
  ['PUA.Win.Packer', 'discard', 'looks bad', 'clamav_action_maps'],
  ['Heuristics.Phishing.Email.SpoofedDomain', 'discard', undefined, 'clamav_action_maps'],
  ['Heuristics.Phishing.URL', 'quarantine', undefined, 'clamav_action_maps'],
  ['Win.Test.EICAR_HDB-1', 'tag', undefined, 'clamav_action_maps'],
  ['Mine.UNOFFICIAL', 'reject', '5.7.1 not here', 'clamav_action_maps'],
  ['Sanesecurity.Junk.Link.UNOFFICIAL', 'quarantine', undefined, 'clamav_action_maps'],
  ['False.Alarm-7', 'accept', undefined, 'clamav_action_maps'],
  ['Undecided', 'reject', undefined, 'clamav_action'],
  ['Nonsense', 'reject', undefined, 'clamav_action'],
];

for (const [signature, kind, text, parameter] of CASES) {
  test(`${signature}: ${kind}`, async () => {
    const action = await actionsWith(MAPS).find(signature);
    assert.deepEqual(
      { kind: action.kind, text: action.text, parameter: action.parameter },
      { kind, text, parameter },
    );
    assert.equal(action.source, parameter === 'clamav_action_maps' ? rules : main);
  });
}

test('an action that nobody knows is told in the log', async () => {
  const warnings: string[] = [];
  await actionsWith(MAPS, warnings).find('Nonsense');
  assert.match(warnings.join(), /unknown action "shred it": it should be reject, /);
});

test('a name of many dots costs a few look-ups', async () => {
  let keys = 0;
  const maps = {
    findEntry() {
      keys += 1;
      return undefined;
    },
  };
  const source = main;
  const actions = new VirusActions({
    ...{ action: { kind: 'reject', source }, heuristicAction: { kind: 'tag', source } },
    ...{ maps, log: silentLog },
  });
  await actions.find('a.'.repeat(100));
  assert.ok(keys <= 10, `${keys}`);
});
