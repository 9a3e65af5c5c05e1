// A whole run by the keyboard alone: from the page's load to the link that is shared.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeInSilence, inState, launch, open } from "./browser.mjs";
import { emptyFolder, slowMount, smallMount } from "./fixtures.mjs";
import { focusIsIn, stops, tabTo } from "./keys.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
const slow = slowMount();
const permissions = ["clipboard-read", "clipboard-write"];
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

test("the stops come in the order in which the page is read", async () => {
  const page = await open(browser, wordfall.url);
  const head = ["Skip to the page", "Wordfall", "Totals", "Scatter", "Runs"];
  const form = ["Bucket", "Prefix", "A word is", "Told", "Start", "Browse the bucket", "Filters and limits"];
  assert.deepEqual(await stops(page, head.length + form.length), [...head, ...form]);
  await closeInSilence(page);
});

test("a run is chosen, estimated, started and cancelled", async () => {
  const page = await open(browser, wordfall.url);
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  await press("Tab", "Enter");
  await focusIsIn(page, "main");
  assert.deepEqual(await stops(page, 1), ["Bucket"]);
  await press("ControlOrMeta+a");
  await page.keyboard.type("slow");
  await tabTo(page, "[name=prefix]");
  await page.keyboard.type("slow/");
  await tabTo(page, "[name=rule]");
  await press("ArrowDown");
  await page.locator("[data-estimate]", { hasText: `${slow.objects.length} objects` }).waitFor();
  await tabTo(page, "[data-action=start]");
  await press("Enter");
  await inState(page, "running");
  await focusIsIn(page, "[data-action=start]");
  await tabTo(page, "[data-action=cancel]");
  await press("Enter");
  await focusIsIn(page, ".standing-head");
  await inState(page, "cancelled");
  await focusIsIn(page, ".standing-head");
  assert.equal(await page.inputValue("[name=rule]"), "word");
  await closeInSilence(page);
});

test("a run's end does not take the focus from whoever stands at Cancel", async () => {
  // The whole bucket: a part of it may be counted before the keys have reached Cancel.
  const page = await open(browser, `${wordfall.url}/?bucket=slow`);
  await tabTo(page, "[data-action=start]");
  await page.keyboard.press("Enter");
  await inState(page, "running");
  await tabTo(page, "[data-action=cancel]");
  await inState(page, "finished");
  await focusIsIn(page, ".standing-head");
  await closeInSilence(page);
});

test("a run's plot, table, log and link are reached", async () => {
  const run = await wordfall.finishedRun({ bucket: "small", prefix: "", grain: "per_object" });
  const page = await open(browser, `${wordfall.url}/runs/${run.id}`, { permissions });
  await inState(page, "finished");
  await tabTo(page, `a[href$='/${run.id}/scatter']`);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/scatter");
  await focusIsIn(page, "main");
  await tabTo(page, ".choice select");
  await page.keyboard.press("ArrowDown");
  await page.waitForURL(/[?&]y=/);
  await tabTo(page, "[data-scatter]");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator("[data-chosen]").waitFor();
  await page.waitForURL(/[?&]point=/);
  await tabTo(page, "[role=grid]");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector("[role=grid][aria-activedescendant]");
  await tabTo(page, ".share button.plain");
  await page.keyboard.press("Enter");
  await page.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
  await tabTo(page, "[name=level]");
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelectorAll("[data-log] li").length === 1);
  await tabTo(page, "[name=find]");
  await page.keyboard.type("truncated");
  await tabTo(page, "[data-log]");
  assert.match(await page.innerText("[data-log]"), /cut\.log\.gz/);
  await tabTo(page, ".delete summary");
  await closeInSilence(page);
});

test("the browser of a bucket is gone through, and left, by the keyboard", async () => {
  const page = await open(browser, wordfall.url);
  await tabTo(page, "[data-action=browse]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-browse] td");
  await tabTo(page, "[data-browse] td a[href*='many']");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-browse] td :text-is('00.txt')");
  await focusIsIn(page, "[data-browse]");
  await tabTo(page, "[data-browse] nav > a");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-browse]", { state: "detached" });
  assert.equal(await page.inputValue("[name=prefix]"), "many/");
  await closeInSilence(page);
});
