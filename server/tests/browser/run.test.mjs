// A run on the front page: the boxes, the log, Cancel.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { boxes, closeInSilence, inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, slowMount, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
const slow = slowMount();
/** More than is counted before somebody presses Cancel. */
const long = slowMount(3_000);
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  const mounts = { small: small.folder, slow: slow.folder, long: long.folder };
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("a run ends in black boxes that hold the exact totals", async () => {
  const page = await open(browser, wordfall.url);
  await inState(page, "idle");
  await startRun(page, "finished");
  const shown = await boxes(page);
  assert.deepEqual(Object.keys(shown).sort(), ["cost", "lines", "objects", "words"]);
  assert.equal(shown.objects.value, small.objects.length);
  assert.equal(shown.words.value, small.totals.words);
  assert.equal(shown.lines.value, small.totals.lines);
  assert.ok(shown.cost.value > 0);
  for (const { fraction, background, color } of Object.values(shown)) {
    assert.deepEqual([fraction, background, color], [1, "rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
  }
  await closeInSilence(page);
});

test("the cost is told in parts", async () => {
  const page = await open(browser, wordfall.url);
  assert.equal(await page.locator("[data-cost]").isVisible(), false);
  await startRun(page, "finished");
  await page.locator("[data-cost] summary").click();
  for (const part of ["wordcount", "cascade", "requests", "s3"]) {
    assert.match(await page.locator(`[data-part=${part}] dd`).textContent(), /^\$0\.0*[1-9]/, part);
  }
  assert.equal(await page.locator("[data-part=failed] dd").textContent(), "$0.00");
  await closeInSilence(page);
});

test("what failed is named in the log", async () => {
  const page = await open(browser, wordfall.url);
  await startRun(page, "finished");
  const log = (await page.locator("[data-log] li").allTextContents()).join("\n");
  assert.match(log, /cut\.log\.gz/);
  await closeInSilence(page);
});

test("the form's bucket and prefix choose what is counted", async () => {
  const page = await open(browser, wordfall.url);
  await page.fill("[name=prefix]", "many/1");
  await startRun(page, "finished");
  const chosen = small.objects.filter(({ key }) => key.startsWith("many/1"));
  const shown = await boxes(page);
  assert.equal(shown.objects.value, chosen.length);
  assert.equal(shown.words.value, chosen.reduce((words, object) => words + object.words, 0));
  await closeInSilence(page);
});

test("the boxes go from white to black, all alike, and never back", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=slow`);
  for (const { fraction, background } of Object.values(await boxes(page))) {
    assert.deepEqual([fraction, background], [0, "rgb(255, 255, 255)"]);
  }
  await page.evaluate(recordShades);
  await startRun(page, "finished");
  const shades = await page.evaluate(() => globalThis.shades);
  for (const [index, shade] of shades.entries()) {
    assert.equal(new Set(shade).size, 1, `boxes of different shades: ${shade}`);
    assert.ok(index === 0 || shade[0] <= shades[index - 1][0], `a box went brighter: ${shades.slice(index - 1)}`);
  }
  assert.ok(new Set(shades.map(String)).size > 2, "no grey between white and black");
  await closeInSilence(page);
});

test("a cancelled run says so and keeps the totals of whole objects", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=long`);
  await startRun(page);
  await page.waitForFunction(() => Number(document.querySelector("[data-box=objects]").dataset.value) > 0);
  await page.click("[data-action=cancel]");
  await inState(page, "cancelled");
  const shown = await boxes(page);
  assert.ok(shown.words.value < long.each.words * long.objects.length);
  assert.equal(shown.words.value % long.each.words, 0);
  await closeInSilence(page);
});

function recordShades() {
  globalThis.shades = [];
  const record = () => {
    const boxes = [...document.querySelectorAll("[data-box]")];
    const shade = (box) => Number(getComputedStyle(box).backgroundColor.match(/\d+/)[0]);
    globalThis.shades.push(boxes.map(shade));
    requestAnimationFrame(record);
  };
  record();
}
