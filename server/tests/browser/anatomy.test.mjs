// A run's anatomy: the timeline of its invocations, what its cost is made of, and finding what its log says.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeInSilence, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, manyMount, slowMount, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const MANY = 4_000;
/** A task of the page that is longer can be felt. */
const TASK_MS_MAX = 50;

const small = smallMount();
const slow = slowMount(60);
/** A run of these lasts until it is looked at. */
const long = slowMount(400);
const many = manyMount(MANY);
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  const mounts = { small: small.folder, slow: slow.folder, long: long.folder, many: many.folder };
  // Batches of one object each: many invocations.
  const more = ["--concurrency", "16", "--batch-bytes", "1"];
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts, more });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

/** The canvas: its size and that of its pixels, and how many of them are drawn in, by colour. */
function drawn(page) {
  return page.locator("[data-timeline] canvas").evaluate((canvas) => {
    // A copy, since a canvas that is read often should be told so when it is made.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const colours = {};
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 255) {
        const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
        colours[colour] = (colours[colour] ?? 0) + 1;
      }
    }
    const { width, height } = canvas.getBoundingClientRect();
    return { pixels: [canvas.width, canvas.height], size: [width, height], colours };
  });
}

/** A custom property's colour, as `drawn` names it. */
function colour(page, name) {
  return page.evaluate((name) => {
    const digits = getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1);
    return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16)).join(",");
  }, name);
}

const caption = (page) => page.locator("[data-caption]").textContent();

test("a run's invocations are drawn while it goes on, over the page's one stream", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=long`);
  assert.equal(await page.locator("[data-timeline]").isVisible(), false);
  const streams = [];
  page.on("request", (request) => request.url().includes("/events") && streams.push(request.url()));
  await startRun(page);
  await page.waitForFunction(() => / invocations?,/.test(document.querySelector("[data-caption]").textContent));
  const going = await drawn(page);
  assert.ok(going.colours[await colour(page, "--bar-wordcount")] > 0, JSON.stringify(going));
  await page.waitForSelector("main[data-run-state=finished]");
  assert.equal(streams.length, 1, streams.join("\n"));
  assert.match(streams[0], /\?grain=\w+&invocations=1$/);
  const id = streams[0].match(/\/runs\/([^/]+)\//)[1];
  const run = await (await fetch(`${wordfall.url}/runs/${id}.json`)).json();
  assert.match(await caption(page), new RegExp(`^${run.invocations} invocations, .*up to \\d+ at once$`));
  const label = await page.locator("[data-timeline] canvas").getAttribute("aria-label");
  assert.ok(label.startsWith("Timeline over ") && label.endsWith(await caption(page)), label);
  await closeInSilence(page);
});

test("the picture is exact in device pixels, in both themes and whatever the window", async () => {
  const run = await wordfall.finishedRun({ bucket: "slow" });
  const viewport = { width: 900, height: 700 };
  const page = await open(browser, `${wordfall.url}/runs/${run.id}`, { deviceScaleFactor: 2, viewport });
  await page.waitForFunction(() => document.querySelector("[data-timeline] canvas").width > 300);
  const wide = await drawn(page);
  assert.deepEqual(wide.pixels, wide.size.map((length) => Math.round(length * 2)));
  const light = await colour(page, "--bar-wordcount");
  assert.ok(wide.colours[light] > 1000, JSON.stringify(wide));
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 500, height: 700 });
  await page.waitForTimeout(300);
  const narrow = await drawn(page);
  assert.deepEqual(narrow.pixels, narrow.size.map((length) => Math.round(length * 2)));
  assert.ok(narrow.colours[await colour(page, "--bar-wordcount")] > 500, JSON.stringify(narrow));
  assert.equal(narrow.colours[light], undefined);
  await closeInSilence(page);
});

test("the invocation under the pointer is told, and none beside", async () => {
  const run = await wordfall.finishedRun({ bucket: "slow", recount: "1" });
  const page = await open(browser, `${wordfall.url}/runs/${run.id}`);
  const canvas = page.locator("[data-timeline] canvas");
  await canvas.scrollIntoViewIfNeeded();
  const { width } = await canvas.boundingBox();
  const told = page.locator("[data-timeline] [role=tooltip]");
  let text = "";
  for (let y = 20; y < 120 && !text.startsWith("Wordcount"); y += 3) {
    await canvas.hover({ position: { x: width / 2, y } });
    text = (await told.count()) > 0 ? await told.textContent() : "";
  }
  assert.match(text, /^Wordcount, batch \d+: 1 object of .* Answered after .* Billed \d+ ms\.$/);
  await page.locator("h1").hover();
  assert.equal(await told.count(), 0);
  await closeInSilence(page);
});

test("an ended run's timeline outlives its server", async () => {
  const run = await wordfall.finishedRun({ bucket: "slow", recount: "1" });
  const first = await open(browser, `${wordfall.url}/runs/${run.id}`);
  await first.waitForFunction(() => document.querySelector("[data-caption]").textContent !== "");
  const before = [await caption(first), await drawn(first)];
  await closeInSilence(first);
  await wordfall.stop();
  await wordfall.again();
  const again = await open(browser, `${wordfall.url}/runs/${run.id}`);
  await again.waitForFunction(() => document.querySelector("[data-caption]").textContent !== "");
  assert.deepEqual([await caption(again), await drawn(again)], before);
  await closeInSilence(again);
});

test("thousands of invocations are drawn as they come, and nobody feels it", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=many`);
  await browser.startTracing(page, { categories: ["toplevel"] });
  await startRun(page, "finished");
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(500);
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const invocations = Number((await caption(page)).match(/^[\d,]+/)[0].replaceAll(",", ""));
  assert.ok(invocations > MANY, await caption(page));
  // The thread's own time, since other programs may have the processor meanwhile.
  const mains = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const isMain = ({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid);
  const tasks = traceEvents.filter((event) => event.tdur > 0 && isMain(event)).map(({ tdur }) => tdur / 1000);
  assert.ok(tasks.length > 100, `${tasks.length} tasks were traced`);
  assert.ok(Math.max(...tasks) < TASK_MS_MAX, `the longest task took ${Math.max(...tasks)} ms`);
  console.log(`${invocations} invocations; the longest of ${tasks.length} tasks took ${Math.max(...tasks)} ms`);
  await closeInSilence(page);
});

test("the parts of the cost are lengths beside the exact figures", async () => {
  const page = await open(browser, wordfall.url);
  await startRun(page, "finished");
  const lengths = await page.$$eval(".cost-bar i", (parts) =>
    Object.fromEntries(parts.map((part) => [part.dataset.texture, part.getBoundingClientRect().width])),
  );
  assert.equal(lengths.failed, 0);
  assert.ok(lengths.wordcount > 0 && lengths.cascade > 0 && lengths.s3 > 0, JSON.stringify(lengths));
  await page.locator("[data-cost] summary").focus();
  await page.keyboard.press("Enter");
  const shares = await page.locator("[data-part] dt").allTextContents();
  const percents = shares.map((share) => Number(share.match(/(\d+) %/)?.[1] ?? 0));
  const sum = percents.reduce((sum, percent) => sum + percent, 0);
  assert.ok(sum >= 95 && sum <= 103, shares.join(", "));
  assert.ok(await page.locator("[data-part=s3] dd").isVisible());
  await closeInSilence(page);
});

test("the log is searched and sifted by keyboard, and shows all of itself again", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=small`);
  await startRun(page, "finished");
  const lines = page.locator("[data-log] li");
  const all = await lines.count();
  assert.ok(all > 2);
  assert.equal((await page.locator("[data-found]").textContent()).trim(), "");
  await page.focus("[name=find]");
  await page.keyboard.type("CUT.log");
  assert.equal(await lines.count(), 1);
  assert.equal(await page.locator("[data-log] mark").textContent(), "cut.log");
  assert.equal(await page.locator("[data-found]").textContent(), `1 of ${all} lines`);
  await page.fill("[name=find]", "no line says this");
  assert.equal(await lines.count(), 0);
  await page.fill("[name=find]", "");
  await page.selectOption("[name=level]", "error");
  assert.deepEqual(await lines.evaluateAll((items) => items.map(({ dataset }) => dataset.level)), ["error"]);
  await page.selectOption("[name=level]", "info");
  assert.equal(await lines.count(), all);
  assert.equal(await page.evaluate(() => globalThis.hostile), undefined);
  await closeInSilence(page);
});

test("without JavaScript there is no empty timeline", async () => {
  const run = await wordfall.finishedRun({ bucket: "small" });
  const page = await open(browser, `${wordfall.url}/runs/${run.id}`, { javaScriptEnabled: false });
  assert.equal(await page.locator("[data-timeline]").isVisible(), false);
  assert.equal(await page.locator("[data-log]").isVisible(), false);
  await closeInSilence(page);
});
