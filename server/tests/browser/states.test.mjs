// Every state that a run may be in, and every page without one: each looks like what it is, and none shifts the others.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { closeInSilence, inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, smallMount } from "./fixtures.mjs";
import { picture, SIZES } from "./pictures.mjs";
import { openStaged, SCENES, scenes } from "./stage.mjs";
import { Wordfall } from "./wordfall.mjs";

const TOKEN = "the-token-of-this-site";

const small = smallMount();
const mounts = { small: small.folder };
let browser;
let wordfall;
let guarded;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts });
  guarded = await Wordfall.start({ data: emptyFolder("guarded"), mounts, more: ["--token", TOKEN] });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
  await guarded?.stop();
});

test("each state of a run has a mark and a word of its own, and no box moves", async () => {
  const page = await openStaged(browser, wordfall.url, { viewport: SIZES.wide });
  await picture(page, "state-idle");
  const [marks, words] = [new Set(), new Set()];
  const places = await boxPlaces(page);
  for await (const name of scenes(page)) {
    marks.add(await page.getAttribute(".mark path", "d"));
    words.add(await page.innerText(".standing-head b"));
    assert.deepEqual(await boxPlaces(page), places, `${name}: the boxes have moved`);
    const bottom = await page.$eval(".standing-head", (head) => head.getBoundingClientRect().bottom);
    assert.ok(bottom <= SIZES.wide.height, `${name}: the state lies below the first screen, at ${bottom}`);
    await picture(page, `state-${name}`);
  }
  const states = Object.keys(SCENES);
  assert.equal(words.size, states.length, [...words].join(", "));
  // What is gone and what was never there look alike.
  assert.equal(marks.size, states.length, [...marks].join("\n"));
  await closeInSilence(page);
});

test("a run that is deleted elsewhere is said to be gone, and is asked for no more", async () => {
  const page = await openStaged(browser, wordfall.url, { viewport: SIZES.wide });
  await page.begin();
  await SCENES.interrupted(page);
  await page.lose(2);
  await page.waitForSelector("[data-doing=gone]");
  await picture(page, "state-gone");
  const stream = await page.evaluateHandle(() => globalThis.stream);
  await page.clock.runFor(10_000);
  assert.ok(await page.evaluate((stream) => stream === globalThis.stream, stream), "it was asked for again");
  // The browser itself logs the answer 404.
  page.complaints = page.complaints.filter((complaint) => !/404/.test(complaint));
  await closeInSilence(page);
});

test("pages without a run say what to do next", async () => {
  const page = await open(browser, `${wordfall.url}/runs`, { viewport: SIZES.wide });
  await picture(page, "page-history-empty");
  const visit = async (path, name, shown) => {
    await page.goto(wordfall.url + path, { waitUntil: "networkidle" });
    await page.locator(shown).first().waitFor();
    await picture(page, name);
  };
  await visit("/?bucket=small&prefix=nothing/", "page-form-filled", "[data-action=start]");
  await startRun(page, "finished");
  await page.waitForSelector("[data-doing=nothing]");
  await picture(page, "page-empty-prefix");
  await visit("/?bucket=elsewhere", "page-form-elsewhere", "[data-action=start]");
  await page.click("[data-action=start]");
  await page.locator(".problem", { hasText: "not among those of this site" }).waitFor();
  await picture(page, "page-denied");
  await visit("/?bucket=small&prefix=&browse=1", "page-browse", "[data-browse] td");
  const first = await wordfall.finishedRun({ bucket: "small", prefix: "", grain: "per_object" });
  writeFileSync(join(small.folder, "many/07.txt"), "other words\n");
  rmSync(join(small.folder, "many/08.txt"));
  const second = await wordfall.finishedRun({ bucket: "small", prefix: "", grain: "per_object" });
  await visit("/runs", "page-history", "[data-runs]");
  await visit(`/runs/${second.id}`, "page-run", "[data-doing=incomplete]");
  await page.click(".delete summary");
  await picture(page, "page-delete");
  await visit(`/runs/${second.id}/scatter`, "page-run-scatter", "[data-objects] [role=grid]");
  await visit(`/runs/${second.id}/changes?since=${first.id}`, "page-changes", "[data-changes]");
  await visit("/scatter", "page-scatter-idle", "[data-scatter]");
  await visit("/nowhere", "page-missing", "main h1");
  await visit(`/runs/${"1".repeat(43)}`, "page-no-run", "main h1");
  page.complaints = page.complaints.filter((complaint) => !/40[34]/.test(complaint));
  await closeInSilence(page);
});

test("the login page says what a token is, and leads back to where it was asked for, until one logs out", async () => {
  const page = await open(browser, `${guarded.url}/runs`, { viewport: SIZES.wide });
  await picture(page, "page-login");
  await page.fill("[name=token]", "another");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await picture(page, "page-login-wrong");
  await page.fill("[name=token]", TOKEN);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/runs");
  await page.locator(".empty").waitFor();
  await page.waitForLoadState("networkidle");
  await page.click("[data-action=logout]");
  await page.waitForURL("**/login", { waitUntil: "networkidle" });
  await page.goto(guarded.url, { waitUntil: "networkidle" });
  await page.click("[data-action=start]");
  await page.locator(".problem").getByRole("link", { name: "Log in" }).click();
  await page.waitForURL("**/login", { waitUntil: "networkidle" });
  page.complaints = page.complaints.filter((complaint) => !/401/.test(complaint));
  await closeInSilence(page);
});

/** Where the boxes and their figures lie. */
function boxPlaces(page) {
  return page.$$eval(".box, .box .figure", (elements) =>
    elements.map((element) => {
      const { top, left, width, height } = element.getBoundingClientRect();
      return [top + scrollY, left, width, height].map(Math.round);
    }),
  );
}
