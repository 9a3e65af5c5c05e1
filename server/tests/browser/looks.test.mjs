// The pages as people see them: light and dark, wide and narrow. Screenshots go to WORDFALL_SCREENSHOTS.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { boxes, closeInSilence, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const SCREENSHOTS = process.env.WORDFALL_SCREENSHOTS ?? "target/screenshots";
const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
const PAGES = { boxes: "/", scatter: "/scatter", history: "/runs" };

const small = smallMount();
let browser;
let wordfall;

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder } });
  await wordfall.finishedRun({ bucket: "small", prefix: "many/" });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const [name, path] of Object.entries(PAGES)) {
      test(`${name}, ${colorScheme}, ${size}: fits its window`, async () => {
        const page = await open(browser, wordfall.url + path, { colorScheme, viewport });
        if (name !== "history") {
          await startRun(page, "finished");
          const shades = Object.values(await boxes(page)).map(({ background }) => background);
          assert.deepEqual(shades, Array(4).fill("rgb(0, 0, 0)"));
        }
        const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overhang <= 0, `the page is ${overhang} px wider than the window`);
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}-${size}.png`), fullPage: true });
        await closeInSilence(page);
      });
    }
  }
}
