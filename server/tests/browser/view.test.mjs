// What a visitor looks at is in the address, and a link shows the same to others.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeInSilence, inState, launch, open } from "./browser.mjs";
import { emptyFolder, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
let browser;
let wordfall;
let run;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder } });
  run = await wordfall.finishedRun({ bucket: "small", prefix: "" });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("the axes that are chosen are in the address, and a link brings them back", async () => {
  const page = await open(browser, `${wordfall.url}/runs/${run.id}/scatter`);
  await inState(page, "finished");
  await page.getByRole("combobox", { name: "Up" }).selectOption("lines");
  await page.getByLabel("Logarithmic").uncheck();
  await page.waitForURL(/\?y=lines&scale=linear$/);
  const again = await open(browser, page.url());
  assert.equal(await again.getByRole("combobox", { name: "Up" }).inputValue(), "lines");
  assert.equal(await again.getByLabel("Logarithmic").isChecked(), false);
  const png = await again.getByRole("link", { name: "PNG" }).getAttribute("href");
  assert.equal(png, `/runs/${run.id}.png?y=lines&scale=linear`);
  await closeInSilence(page);
  await closeInSilence(again);
});

test("a pressed point is chosen, told of in the address, and pinned for whoever has the link", async () => {
  const page = await open(browser, `${wordfall.url}/runs/${run.id}/scatter`);
  await inState(page, "finished");
  const [x, y] = await aPoint(page);
  await page.mouse.click(x, y);
  const chosen = page.locator("[data-chosen]");
  await chosen.waitFor();
  await page.waitForURL(/[?&]point=\d+$/);
  const told = await chosen.innerText();
  const again = await open(browser, page.url());
  await again.locator("[data-chosen]").waitFor();
  assert.equal(await again.locator("[data-chosen]").innerText(), told);
  assert.ok(small.objects.some(({ key }) => told.includes(key)), told);
  await page.mouse.click(x, y);
  await chosen.waitFor({ state: "detached" });
  await page.waitForURL(/\/scatter$/);
  await closeInSilence(page);
  await closeInSilence(again);
});

test("a part of the axes is shown, until all is asked for", async () => {
  const address = `${wordfall.url}/runs/${run.id}/scatter?x0=1000000000&x1=2000000000`;
  const page = await open(browser, address);
  await inState(page, "finished");
  await page.waitForSelector(`[data-scatter][data-points="${small.objects.length}"]`);
  assert.equal(await drawn(page).then((pixels) => pixels.length), 0);
  await page.getByRole("button", { name: "Show all" }).click();
  await page.waitForURL(/\/scatter$/);
  await aPoint(page);
  await closeInSilence(page);
});

test("the command is a text to copy", async () => {
  const page = await open(browser, `${wordfall.url}/runs/${run.id}`);
  await page.getByText("By curl").click();
  assert.equal(await page.locator("[data-curl]").innerText(), `curl -OJ '${wordfall.url}/runs/${run.id}.csv'`);
  await closeInSilence(page);
});

/** A place in the window where a point is drawn, as soon as there is one. */
async function aPoint(page) {
  await page.locator("[data-scatter]").scrollIntoViewIfNeeded();
  for (;;) {
    const pixels = await drawn(page);
    if (pixels.length > 0) {
      return pixels[Math.floor(pixels.length / 2)];
    }
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

/** Places in the window where the points' layer is drawn on. */
function drawn(page) {
  return page.$eval("canvas[data-layer=points]", (canvas) => {
    const place = canvas.getBoundingClientRect();
    // A copy: a canvas that is read more than once makes the browser complain.
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const pixels = [];
    for (let at = 0; at < width * height; at += 1) {
      if (data[at * 4 + 3] > 127) {
        const [x, y] = [at % width, Math.floor(at / width)];
        pixels.push([place.x + ((x + 0.5) * place.width) / width, place.y + ((y + 0.5) * place.height) / height]);
      }
    }
    return pixels;
  });
}
