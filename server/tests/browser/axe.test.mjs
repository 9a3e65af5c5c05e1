// axe-core on every page, idle, running, finished and failed, light and dark: nothing that keeps anyone out.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, smallMount } from "./fixtures.mjs";
import { openStaged, scenes } from "./stage.mjs";
import { Wordfall } from "./wordfall.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What is let pass: nothing of any impact but this. */
const IMPACTS = ["critical", "serious", "moderate"];

const small = smallMount();
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder } });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("every state of a run can be read by everyone", async () => {
  const page = await openStaged(browser, wordfall.url);
  await check(page, "idle");
  for await (const name of scenes(page)) {
    await check(page, name);
  }
  await page.context().close();
});

test("every page can be read by everyone", async () => {
  const first = await wordfall.finishedRun({ bucket: "small", prefix: "many/", grain: "per_object" });
  const run = await wordfall.finishedRun({ bucket: "small", prefix: "", grain: "per_object" });
  const page = await open(browser, `${wordfall.url}/scatter`);
  await check(page, "/scatter");
  await startRun(page, "finished");
  await check(page, "/scatter, finished");
  const paths = [
    "/?browse=1",
    "/?bucket=elsewhere&browse=1",
    "/runs",
    `/runs/${run.id}`,
    `/runs/${run.id}/scatter`,
    `/runs/${run.id}/scatter?point=3&x0=1&x1=1000`,
    `/runs/${run.id}/changes`,
    `/runs/${run.id}/changes?since=${first.id}`,
    "/nowhere",
    `/runs/${"1".repeat(43)}`,
    "/login",
  ];
  for (const path of paths) {
    await page.goto(wordfall.url + path, { waitUntil: "networkidle" });
    await page.$$eval("details", (folds) => folds.forEach((fold) => (fold.open = true)));
    await check(page, path);
  }
  await page.context().close();
});

test("a form with a mistake in it, and one whose answer is slow, can be read by everyone", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=elsewhere`);
  await page.click("[data-action=start]");
  await page.locator(".problem", { hasText: "elsewhere" }).waitFor();
  await check(page, "refused");
  await page.route("**/api/start_run", () => {});
  await page.fill("[name=bucket]", "small");
  await page.click("[data-action=start]");
  await page.locator("[data-patience]", { hasText: "six connections" }).waitFor();
  await inState(page, "idle");
  await check(page, "slow");
  await page.context().close();
});

/** Fails on whatever axe finds, in both themes. */
async function check(page, name) {
  await page.evaluate(AXE);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const found = violations.filter(({ impact }) => IMPACTS.includes(impact));
    const told = found.map(({ id, help, impact, nodes }) => [
      `${impact}: ${help} (${id})`,
      ...nodes.map((node) => `  ${node.target.join(" ")}: ${node.failureSummary}`),
    ]);
    assert.deepEqual(told.flat(), [], `${name}, ${colorScheme}`);
  }
}
