// Pictures of a page at two widths and in both themes, for people to look at. They go to WORDFALL_SCREENSHOTS.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const SCREENSHOTS = process.env.WORDFALL_SCREENSHOTS ?? "target/screenshots";
export const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

/** A window of 1280 pixels, magnified four times. */
const NARROWEST = { width: 320, height: 640 };

/** Takes the page's pictures, and fails where it is wider than its window. */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}-${size}.png`), fullPage: true });
    }
    await checkWidth(page, `${name}, ${size}`);
  }
  await page.setViewportSize(NARROWEST);
  await checkWidth(page, `${name}, at its narrowest`);
  await page.setViewportSize(SIZES.wide);
  await page.emulateMedia({ colorScheme: "light" });
}

async function checkWidth(page, name) {
  const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overhang <= 0, `${name}: the page is ${overhang} px wider than the window`);
}
