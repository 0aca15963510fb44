/** Every dialogue of test/conversations, played in whole writes and byte by byte. support/conversation-file.ts has the form. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ConversationFile, readConversation } from './support/conversation-file.ts';
import { deliveryText, isLike, type Manner, play, wanted } from './support/conversation-player.ts';
import { RunningGateway } from './support/running-gateway.ts';

const directory = join(import.meta.dirname, 'conversations');
const manners: readonly Manner[] = ['whole', 'byte by byte'];

for (const name of globSync('**/*.smtp', { cwd: directory }).sort()) {
  const file = readConversation(join(directory, name));
  test(`${name}: ${file.title}`, async (t) => {
    for (const manner of manners) await t.test(manner, () => check(file, manner));
  });
}

async function check(file: ConversationFile, manner: Manner): Promise<void> {
  const gateway = await RunningGateway.start(file.plan);
  try {
    for (const dialogue of file.dialogues) {
      const said = await play(dialogue, gateway.port(dialogue.service), manner);
      assert.equal(marked(said, wanted(dialogue)).join('\n'), wanted(dialogue).join('\n'));
    }
    if (file.delivered) {
      const mails = gateway.backend.received.map(deliveryText);
      assert.deepEqual(
        mails.map((mail, i) => likened(mail, file.delivered?.[i])),
        file.delivered,
      );
    }
    for (const line of file.log) {
      assert.ok(
        gateway.log.some((sentence) => isLike(sentence, line)),
        `no such line in the log: ${line}\n${gateway.log.join('\n')}`,
      );
    }
    assert.deepEqual(gateway.backend.complaints, []);
  } finally {
    await gateway.stop();
  }
}

/** The same for a mail. */
function likened(mail: string, pattern = ''): string {
  return marked(mail.split('\n'), pattern.split('\n')).join('\n');
}

/** Lines that are what was wanted stand as they were wanted, so that a difference shows the rest alone. */
function marked(said: readonly string[], patterns: readonly string[]): string[] {
  return said.map((line, i) => (isLike(line, patterns[i] ?? '') ? (patterns[i] as string) : line));
}
