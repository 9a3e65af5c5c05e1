// What a page tells, and when: to a screen reader, in its address, and where the browser has no connection left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeInSilence, inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, slowMount, smallMount } from "./fixtures.mjs";
import { end, MIDWAY, openStaged } from "./stage.mjs";
import { Wordfall } from "./wordfall.mjs";

/** Connections that a browser keeps to a host. */
const CONNECTIONS = 6;
const SPOKEN_EVERY_MS = 10_000;

const small = smallMount();
const slow = slowMount(1_000);
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({
    data: emptyFolder("data"),
    mounts: { small: small.folder, slow: slow.folder },
    // One object after another, so that a run lasts as long as the test.
    more: ["--concurrency", "1", "--batch-bytes", "1"],
  });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("a screen reader is told one sentence in ten seconds, and the end", async () => {
  const page = await openStaged(browser, wordfall.url);
  await page.evaluate(recordSentences);
  await page.begin();
  // Each event is another ten seconds of the run, and they come in bursts.
  for (let second = 0; second < 25; second += 1) {
    for (let burst = 0; burst < 5; burst += 1) {
      const elapsed_ms = (second * 5 + burst) * SPOKEN_EVERY_MS;
      await page.tell("progress", { ...MIDWAY, elapsed_ms, words: MIDWAY.words + second * 5 + burst });
    }
    await page.clock.runFor(1_000);
  }
  await page.tell("end", end("finished", { states: { counted: 48_213 } }));
  await page.clock.runFor(SPOKEN_EVERY_MS);
  const spoken = await page.evaluate(() => globalThis.spoken);
  assert.ok(spoken.length >= 3, JSON.stringify(spoken));
  for (const [index, { at }] of spoken.entries()) {
    const since = index > 0 ? at - spoken[index - 1].at : SPOKEN_EVERY_MS;
    assert.ok(since >= SPOKEN_EVERY_MS, `${since} ms between two sentences: ${JSON.stringify(spoken)}`);
  }
  assert.equal(spoken.at(-1).text, "Finished: 48,213 of 48,213 objects, 1,234,567,890 words, 98,765,432 lines.");
  await closeInSilence(page);
});

test("a short run is told of once, by its end and at once", async () => {
  const page = await openStaged(browser, wordfall.url);
  await page.evaluate(recordSentences);
  await page.begin();
  await page.tell("progress", MIDWAY);
  await page.tell("end", end("finished", { states: { counted: 48_213 } }));
  await page.waitForFunction(() => globalThis.spoken.length > 0);
  await page.clock.runFor(30_000);
  const spoken = await page.evaluate(() => globalThis.spoken);
  assert.deepEqual(spoken.map(({ text }) => text.split(":")[0]), ["Finished"]);
  await closeInSilence(page);
});

test("the title and the tab's picture follow the run", async () => {
  const page = await openStaged(browser, wordfall.url);
  const picture = () => page.getAttribute("link[rel=icon]", "href").then(decodeURIComponent);
  assert.equal(await page.title(), "Wordfall");
  assert.equal(await picture(), "/favicon.svg");
  await page.begin();
  await page.tell("progress", MIDWAY);
  await page.waitForFunction(() => document.title === "41 % · Wordfall");
  assert.match(await picture(), /rgb\(159,159,159\)/);
  await page.tell("end", end("finished", { states: { counted: 48_213 } }));
  await page.waitForFunction(() => document.title === "1.23G words, finished · Wordfall");
  assert.match(await picture(), /rgb\(0,0,0\)/);
  await page.click("nav >> text=Runs");
  await page.waitForURL("**/runs");
  await page.waitForFunction(() => document.title === "Runs · Wordfall");
  assert.equal(await picture(), "/favicon.svg");
  await closeInSilence(page);
});

test("the address holds the run, and Back goes from run to run and from page to page", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=small&prefix=many/1`);
  const words = () => page.getAttribute("[data-box=words]", "data-value");
  await startRun(page, "finished");
  const [first, firstWords] = [page.url(), await words()];
  assert.match(first, /\/\?run=\w{43}$/);
  await page.fill("[name=prefix]", "many/2");
  await page.click("[data-action=start]");
  await page.waitForURL((url) => url.href !== first);
  await inState(page, "finished");
  const [second, secondWords] = [page.url(), await words()];
  assert.notEqual(firstWords, secondWords);
  await page.click("nav >> text=Runs");
  await page.waitForSelector("[data-runs]");
  await page.goBack();
  await page.waitForURL(second);
  await inState(page, "finished");
  assert.equal(await words(), secondWords);
  assert.equal(await page.inputValue("[name=prefix]"), "many/2");
  await page.goBack();
  await page.waitForURL(first);
  await page.waitForSelector(`[data-box=words][data-value="${firstWords}"]`);
  await page.goBack();
  await inState(page, "idle");
  await page.goForward();
  await page.waitForSelector(`[data-box=words][data-value="${firstWords}"]`);
  await page.reload();
  await inState(page, "finished");
  assert.equal(await words(), firstWords);
  assert.equal(await page.inputValue("[name=prefix]"), "many/1");
  await closeInSilence(page);
});

test("a run that is started keeps the axes that the address has", async () => {
  const page = await open(browser, `${wordfall.url}/scatter?bucket=small&prefix=many/&y=lines`);
  await page.getByLabel("Logarithmic").uncheck();
  await page.waitForURL(/scale=linear/);
  await startRun(page, "finished");
  await page.waitForURL(/\/scatter\?run=\w{43}&y=lines&scale=linear$/);
  await closeInSilence(page);
});

test("without JavaScript a run is started, and said to stand still", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=slow`, { javaScriptEnabled: false });
  await page.click("[data-action=start]");
  await page.waitForURL("**/runs/*");
  await inState(page, "starting", "running");
  assert.match(await page.innerText(".standing"), /reload it to see it go on/);
  await page.waitForTimeout(1_000);
  await page.reload();
  await inState(page, "running");
  assert.ok(Number(await page.getAttribute("[data-box=objects]", "data-value")) > 0);
  const id = page.url().split("/").pop();
  await fetch(`${wordfall.url}/api/cancel_run`, { method: "POST", body: new URLSearchParams({ id }) });
  await wordfall.ended(id);
  await page.reload();
  assert.doesNotMatch(await page.innerText(".standing"), /reload/);
  await closeInSilence(page);
});

test("where other tabs have all connections the page says so, until one is free", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=slow`);
  const answer = await fetch(`${wordfall.url}/api/start_run`, {
    method: "POST",
    body: new URLSearchParams({ bucket: "slow", prefix: "" }),
  });
  const started = await answer.json();
  await page.route("**/api/start_run", (route) => route.fulfill({ json: started }));
  const others = [];
  while (others.length < CONNECTIONS) {
    const other = await page.context().newPage();
    // What is no page may load nothing, so that only a page can hold a stream.
    await other.goto(`${wordfall.url}/`);
    await other.evaluate((events) => (globalThis.stream = new EventSource(events)), started.events);
    await other.waitForFunction(() => globalThis.stream.readyState === 1);
    others.push(other);
  }
  await page.click("[data-action=start]");
  await page.waitForSelector("[data-doing=unopened]");
  assert.match(await page.innerText("[data-outcome]"), /close other tabs/);
  await others[0].close();
  await page.waitForSelector("[data-doing=counting]");
  assert.ok(Number(await page.getAttribute("[data-box=objects]", "data-value")) > 0);
  for (const other of others.slice(1)) {
    await other.close();
  }
  await page.unroute("**/api/start_run");
  await fetch(`${wordfall.url}/api/cancel_run`, { method: "POST", body: new URLSearchParams({ id: started.id }) });
  // A quick machine may have counted all of it by now.
  await page.waitForSelector("main:is([data-run-state=cancelled], [data-run-state=finished])");
  await closeInSilence(page);
});

function recordSentences() {
  globalThis.spoken = [];
  const announcer = document.querySelector("[data-announcer]");
  const note = () => globalThis.spoken.push({ at: Date.now(), text: announcer.textContent });
  new MutationObserver(note).observe(announcer, { characterData: true, childList: true, subtree: true });
}
