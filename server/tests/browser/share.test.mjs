// A run's own pages: for another visitor, without JavaScript, after a restart, after a crash.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { boxes, closeInSilence, inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, HOSTILE_KEY, slowMount, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
const slow = slowMount(1_000);
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder, slow: slow.folder } });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("another visitor sees the same run", async () => {
  const run = await wordfall.finishedRun({ bucket: "small", prefix: "" });
  assert.equal(run.state, "finished");
  const page = await open(browser, `${wordfall.url}/runs/${run.id}/scatter`);
  await checkScatter(page);
});

test("a run's page needs no JavaScript", async () => {
  const run = await wordfall.finishedRun({ bucket: "small", prefix: "" });
  const page = await open(browser, `${wordfall.url}/runs/${run.id}/scatter`, { javaScriptEnabled: false });
  await checkPlainPage(page);
});

test("a run outlives the server", async () => {
  const run = await wordfall.finishedRun({ bucket: "small", prefix: "" });
  await wordfall.stop();
  await wordfall.again();
  await checkPlainPage(
    await open(browser, `${wordfall.url}/runs/${run.id}/scatter`, { javaScriptEnabled: false }),
  );
  await checkScatter(await open(browser, `${wordfall.url}/runs/${run.id}/scatter`));
});

test("an unknown run is a page that says so", async () => {
  const answer = await fetch(`${wordfall.url}/runs/nosuchrunnosuchrunnosuch`, { headers: { accept: "text/html" } });
  assert.equal(answer.status, 404);
  assert.match(answer.headers.get("content-type"), /text\/html/);
  assert.match(await answer.text(), /run/);
});

test("a page whose server dies says so, and finds it again", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=slow`);
  await startRun(page);
  await wordfall.kill();
  await inState(page, "reconnecting");
  await wordfall.again();
  await page.waitForSelector("main:not([data-run-state=reconnecting])");
  // The browser itself logs each refused connection; nothing else may be wrong.
  const others = page.complaints.filter((complaint) => !/ERR_|\/events/.test(complaint));
  await page.context().close();
  assert.deepEqual(others, []);
});

async function checkScatter(page) {
  await inState(page, "finished");
  await page.waitForSelector(`[data-scatter][data-points="${small.objects.length}"]`);
  assert.equal((await boxes(page)).words.value, small.totals.words);
  await closeInSilence(page);
}

async function checkPlainPage(page) {
  const shown = await boxes(page);
  assert.equal(shown.words.value, small.totals.words);
  assert.equal(shown.lines.value, small.totals.lines);
  const table = await page.locator("table").allTextContents();
  for (const { key } of small.objects) {
    assert.ok(table.some((text) => text.includes(key)), `${key} is not in the table`);
  }
  const titles = await page.locator("noscript svg title").allTextContents();
  assert.equal(titles.length, small.objects.length);
  assert.ok(titles.some((title) => title.startsWith(`${HOSTILE_KEY}: 2 words, 1 line`)), titles.join("\n"));
  await closeInSilence(page);
}
