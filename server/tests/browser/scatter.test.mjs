// The scatter plot: a point for each object, and what it tells under the pointer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeInSilence, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, HOSTILE_CUT_KEY, HOSTILE_KEY, manyMount, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

/** Points to hover over, spread over the plot. */
const HOVERS = 40;
/** Different objects that they have to tell of. */
const OBJECTS_MIN = 8;

/** Objects enough to see whether drawing them holds the page up; WORDFALL_MANY_OBJECTS is for a closer look. */
const MANY_OBJECTS = Number(process.env.WORDFALL_MANY_OBJECTS ?? 20_000);
/** A page answers its visitor within this time, whatever it draws. */
const TASK_MS_MAX = 200;
const ATTEMPTS = 3;

const small = smallMount();
const many = manyMount(MANY_OBJECTS);
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder, many: many.folder } });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("every object has a point, and the pointer tells which it is", async () => {
  const page = await open(browser, `${wordfall.url}/scatter`);
  await startRun(page, "finished");
  await page.waitForSelector(`[data-scatter][data-points="${small.objects.length}"]`);
  const told = new Set();
  for (const [x, y] of await drawnPixels(page)) {
    await page.mouse.move(x, y);
    const tooltip = page.locator("[role=tooltip]");
    if (await tooltip.isVisible()) {
      told.add(checkTooltip(await tooltip.innerText()).key);
    }
  }
  assert.ok(told.size >= OBJECTS_MIN, `only ${told.size} objects were told of: ${[...told]}`);
  await closeInSilence(page);
});

test("the tooltip goes when the pointer leaves", async () => {
  const page = await open(browser, `${wordfall.url}/scatter`);
  await startRun(page, "finished");
  const [[x, y]] = await drawnPixels(page);
  await page.mouse.move(x, y);
  await page.locator("[role=tooltip]").waitFor({ state: "visible" });
  await page.mouse.move(0, 0);
  await page.locator("[role=tooltip]").waitFor({ state: "hidden" });
  await closeInSilence(page);
});

test("keys are text, whatever they look like", async () => {
  const page = await open(browser, `${wordfall.url}/scatter?prefix=hostile/`);
  await startRun(page, "finished");
  const log = (await page.locator("[data-log] li").allTextContents()).join("\n");
  assert.ok(log.includes(HOSTILE_CUT_KEY), log);
  let told = "";
  for (const [x, y] of await drawnPixels(page)) {
    await page.mouse.move(x, y);
    const tooltip = page.locator("[role=tooltip]");
    told += (await tooltip.isVisible()) ? await tooltip.innerText() : "";
  }
  assert.ok(told.includes(HOSTILE_KEY), told);
  assert.equal(await page.locator("img[src=x], b[onmouseover]").count(), 0);
  assert.equal(await page.evaluate(() => globalThis.hostile), undefined);
  await closeInSilence(page);
});

test("many objects are drawn without holding the page up", async (context) => {
  // A busy machine makes any task long: only what is slow every time is the page's own fault.
  let longest = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && longest > TASK_MS_MAX; attempt += 1) {
    longest = await longestTask();
    context.diagnostic(`${many.objects} objects: the longest task took ${longest} ms`);
  }
  assert.ok(longest <= TASK_MS_MAX, `a task took ${longest} ms`);
});

/** Runs over the many objects: the longest time for which the page could not answer, in ms. */
async function longestTask() {
  const page = await open(browser, `${wordfall.url}/scatter?bucket=many`);
  await page.evaluate(() => {
    globalThis.tasks = [0];
    const note = (list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(note).observe({ type: "longtask" });
  });
  await startRun(page, "finished");
  await page.waitForSelector(`[data-scatter][data-points="${many.objects}"]`);
  const longest = await page.evaluate(() => Math.max(...globalThis.tasks));
  await closeInSilence(page);
  return longest;
}

/** Fails unless the tooltip's text is one of the objects with its own numbers; gives that object. */
function checkTooltip(text) {
  const object = small.objects.findLast(({ key }) => text.includes(key));
  assert.ok(object, `no object is called so: ${text}`);
  if (object.state === "failed") {
    assert.match(text, /not counted\s+\d.* stored\s/, text);
    return object;
  }
  const numbers = text.replace(object.key, "").replace(/(?<=\d)[,\s'\u00a0\u202f](?=\d{3})/g, "").match(/\d+/g).map(Number);
  assert.ok(numbers.includes(object.words), `${object.words} words: ${text}`);
  assert.ok(numbers.includes(object.lines), `${object.lines} lines: ${text}`);
  return object;
}

/** Places in the window where the points' layer is drawn on, spread evenly over all that are. */
async function drawnPixels(page) {
  await page.locator("[data-scatter]").scrollIntoViewIfNeeded();
  const drawn = await page.$eval("canvas[data-layer=points]", (canvas) => {
    const place = canvas.getBoundingClientRect();
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = [];
    for (let at = 0; at < width * height; at += 1) {
      if (data[at * 4 + 3] > 127) {
        const [x, y] = [at % width, Math.floor(at / width)];
        pixels.push([place.x + ((x + 0.5) * place.width) / width, place.y + ((y + 0.5) * place.height) / height]);
      }
    }
    return pixels;
  });
  assert.ok(drawn.length > 0, "nothing is drawn");
  return Array.from({ length: HOVERS }, (_, index) => drawn[Math.floor((index * drawn.length) / HOVERS)]);
}
