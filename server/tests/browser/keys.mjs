// A visitor with a keyboard and nothing else.

import assert from "node:assert/strict";

const STOPS_MAX = 80;

/** Presses Tab until the focus is on what the selector names; fails where the focus is nowhere, or can't be seen. */
export async function tabTo(page, selector) {
  for (let stops = 0; stops < STOPS_MAX; stops += 1) {
    await page.keyboard.press("Tab");
    await seeFocus(page);
    if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) {
      return;
    }
  }
  assert.fail(`no ${selector} in ${STOPS_MAX} stops`);
}

/** The names of the next stops. */
export async function stops(page, count) {
  const names = [];
  while (names.length < count) {
    await page.keyboard.press("Tab");
    await seeFocus(page);
    names.push(
      await page.evaluate(() => {
        const { activeElement } = document;
        return (activeElement.labels?.[0]?.querySelector("span") ?? activeElement).textContent.trim();
      }),
    );
  }
  return names;
}

/** Fails unless the element that has the focus lies in the window, with a line around it. */
export async function seeFocus(page) {
  const seen = await page.evaluate(() => {
    const { activeElement } = document;
    const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
    const { top, bottom, left, right } = activeElement.getBoundingClientRect();
    const inWindow = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth && bottom - top > 1;
    const name = activeElement.outerHTML.slice(0, 200);
    return { name, isElement: activeElement !== document.body, inWindow, outlineStyle, outlineWidth };
  });
  assert.ok(seen.isElement, "the focus is nowhere");
  assert.ok(seen.inWindow, `the focus lies outside the window: ${JSON.stringify(seen)}`);
  assert.ok(seen.outlineStyle !== "none" && parseFloat(seen.outlineWidth) >= 2, `no line: ${JSON.stringify(seen)}`);
}

/** What has the focus is, or is in, what the selector names. */
export function focusIsIn(page, selector) {
  return page.waitForFunction((selector) => document.activeElement.closest(selector) !== null, selector);
}
