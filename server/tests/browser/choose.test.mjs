// Before and after a run: the browser, the estimate that follows the form, and another try at what failed.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import { boxes, closeInSilence, inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, HOSTILE_CUT_KEY, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
/** Blanks in a row, which HTML makes one of. */
const SPACED_KEY = "a  b   c.log.gz";
let browser;
let spaced;
let wordfall;

before(async () => {
  mkdirSync(join(small.folder, "%41/deep"), { recursive: true });
  writeFileSync(join(small.folder, "%41/deep/<b>one.txt"), "one two\n");
  spaced = emptyFolder("spaced");
  writeFileSync(join(spaced, SPACED_KEY), gzipSync("one two\n").subarray(0, 20));
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder, spaced } });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

const prefix = (page) => page.inputValue("[name=prefix]");
const estimate = (page, text) =>
  page.waitForFunction((text) => document.querySelector("[data-estimate]").textContent.includes(text), text);

test("choosing a folder fills the prefix and estimates it, by the keyboard too", async () => {
  const page = await open(browser, wordfall.url);
  await page.click("[data-action=browse]");
  await page.waitForSelector("[data-browse] td");
  await page.click("[data-browse] td a:text-is('many/')");
  await page.waitForSelector("[data-browse] td :text-is('00.txt')");
  assert.equal(await prefix(page), "many/");
  await estimate(page, "60 objects");
  await page.goBack();
  await page.waitForSelector("[data-browse] td a:text-is('%41/')");
  assert.equal(await prefix(page), "");
  await page.focus("[data-browse] td a:text-is('%41/')");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-browse] td a:text-is('deep/')");
  assert.equal(await prefix(page), "%41/");
  assert.ok(await page.evaluate(() => document.activeElement.closest("[data-browse]") !== null), "the focus is lost");
  await page.keyboard.press("Tab");
  await page.click("[data-browse] td a:text-is('deep/')");
  await page.waitForSelector("[data-browse] td :text-is('<b>one.txt')");
  await startRun(page, "finished");
  assert.equal((await boxes(page)).words.value, 2);
  await closeInSilence(page);
});

test("what is refused is said once, until it is changed", async () => {
  const page = await open(browser, wordfall.url);
  await page.fill("[name=bucket]", "elsewhere");
  await page.locator("[name=bucket]").blur();
  await estimate(page, "not among those of this site");
  await page.click("[data-action=start]");
  const alert = page.getByRole("alert").filter({ hasText: "not among those of this site" });
  await alert.waitFor();
  assert.equal((await page.innerText("main")).split("not among those of this site").length, 2);
  await page.fill("[name=bucket]", "small");
  await alert.waitFor({ state: "detached" });
  page.complaints = page.complaints.filter((complaint) => !/403/.test(complaint));
  await closeInSilence(page);
});

test("the blanks of a key are seen and copied as they are", async () => {
  const run = await wordfall.finishedRun({ bucket: "spaced", prefix: "", grain: "per_object" });
  const page = await open(browser, `${wordfall.url}/runs/${run.id}/scatter`);
  await page.locator("[data-objects] [role=gridcell].key").waitFor();
  for (const place of ["[data-objects] [role=gridcell].key", "[data-log] li", ".outcome .key"]) {
    const copied = await page.locator(place, { hasText: "c.log.gz" }).first().evaluate((element) => {
      globalThis.getSelection().selectAllChildren(element);
      return globalThis.getSelection().toString();
    });
    assert.ok(copied.includes(SPACED_KEY), `${place}: ${copied}`);
  }
  await closeInSilence(page);
});

test("the estimate follows filters and limits", async () => {
  const page = await open(browser, wordfall.url);
  await page.click("summary");
  await page.fill("[name=glob]", "many/*.txt");
  await page.press("[name=glob]", "Tab");
  await estimate(page, "60 objects");
  await page.fill("[name=max_objects]", "7");
  await page.press("[name=max_objects]", "Tab");
  await estimate(page, "The limit max_objects ends the run");
  await page.fill("[name=min_size]", "1X");
  await page.press("[name=min_size]", "Tab");
  await estimate(page, "Min_size is");
  await page.context().close();
});

test("the failed ones are tried again as a run of their own", async () => {
  const page = await open(browser, `${wordfall.url}/?prefix=hostile/`);
  await startRun(page, "finished");
  writeFileSync(join(small.folder, HOSTILE_CUT_KEY), gzipSync("mended text\n"));
  await page.waitForTimeout(1_100);
  await page.click("[data-action=retry]");
  await page.waitForURL("**/runs/*");
  await inState(page, "finished");
  const shown = await boxes(page);
  assert.deepEqual([shown.objects.value, shown.words.value], [1, 2]);
  assert.equal(await page.locator("[data-action=retry]").count(), 0);
  await page.click("text=an earlier run");
  await page.waitForSelector("[data-action=retry]");
  await closeInSilence(page);
});

test("without JavaScript the browser is links", async () => {
  const page = await open(browser, `${wordfall.url}/?prefix=many/`, { javaScriptEnabled: false });
  await page.click("[data-action=browse]");
  assert.equal(await page.locator("[data-browse] td :text-is('00.txt')").count(), 1);
  await page.click("[data-browse] nav a:text-is('small')");
  await page.click("[data-browse] td a:text-is('%41/')");
  assert.equal(await prefix(page), "%41/");
  await page.context().close();
});
