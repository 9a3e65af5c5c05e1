// The plot by mouse, wheel, fingers and keys, and what is chosen in it: the card, the table, its files, another run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { closeInSilence, inState, launch, open } from "./browser.mjs";
import { emptyFolder, smallMount } from "./fixtures.mjs";
import { picture } from "./pictures.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
let browser;
let wordfall;
let run;
/** The run's ledger, a row for each object in order of settling. */
let rows;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({ data: emptyFolder("data"), mounts: { small: small.folder } });
  run = await wordfall.finishedRun({ bucket: "small", prefix: "" });
  rows = (await file("ndjson")).trim().split("\n").map((line) => JSON.parse(line));
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("a wheel with Ctrl zooms around the pointer, and a double click shows all again", async () => {
  const page = await plot();
  const [x, y] = await spot(page, 0.4, 0.4);
  await page.mouse.move(x, y);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await page.waitForURL(/x0=.*&x1=.*&y0=.*&y1=/);
  await settled(page);
  const { x0, x1 } = part(page);
  assert.ok(x0 > 1 && x1 < 100_000, page.url());
  await page.mouse.dblclick(x, y);
  await page.waitForURL(/\/scatter$/);
  await closeInSilence(page);
});

test("a wheel scrolls the page until the plot has the focus, and where all is shown", async () => {
  const page = await plot();
  const [x, y] = await spot(page, 0.5, 0.5);
  const top = () => page.evaluate(() => globalThis.scrollY);
  await page.mouse.move(x, y);
  const before = await top();
  await page.mouse.wheel(0, -100);
  await page.waitForFunction((before) => globalThis.scrollY < before, before);
  assert.equal(new URL(page.url()).search, "");
  await page.locator("[data-scatter]").focus();
  const [again, below] = await spot(page, 0.5, 0.5);
  await page.mouse.move(again, below);
  const held = await top();
  await page.mouse.wheel(0, -200);
  await page.waitForURL(/x0=/);
  assert.equal(await top(), held);
  await page.mouse.wheel(0, 400);
  await page.waitForURL(/\/scatter$/);
  await page.mouse.wheel(0, 200);
  await page.waitForFunction((held) => globalThis.scrollY > held, held);
  await closeInSilence(page);
});

test("fingers that part stretch what lies between them, and one that moves across draws a box", async () => {
  const page = await plot({ hasTouch: true });
  const touch = await fingers(page);
  const [x, y] = await spot(page, 0.5, 0.5);
  await touch("touchStart", [x - 30, y], [x + 30, y]);
  for (const apart of [40, 60, 90]) {
    await touch("touchMove", [x - apart, y], [x + apart, y]);
  }
  await touch("touchEnd");
  await page.waitForURL(/x0=/);
  await settled(page);
  const { x0, x1 } = part(page);
  const decades = Math.log10(x1 / x0);
  assert.ok(Math.abs(decades - 5 / 3) < 0.1, `${decades} of 5 decades at three times the size`);
  await page.goBack();
  await page.waitForURL(/\/scatter$/);
  await touch("touchStart", [x - 100, y - 60]);
  for (const along of [-60, 0, 100]) {
    await touch("touchMove", [x + along, y + along / 2]);
  }
  await touch("touchEnd");
  await page.locator(".outline").waitFor();
  await page.getByRole("heading", { name: "Objects in the box" }).waitFor();
  await closeInSilence(page);
});

test("dragging with Shift moves, Back goes back step by step, and so does Forward", async () => {
  const page = await plot();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.waitForURL(/x0=/);
  const zoomed = page.url();
  await page.keyboard.down("Shift");
  await drag(page, [0.5, 0.5], [0.6, 0.55]);
  await page.keyboard.up("Shift");
  await page.waitForURL((url) => url.href !== zoomed);
  await settled(page);
  const moved = part(page);
  assert.ok(moved.x0 < part({ url: () => zoomed }).x0, "what was further left is shown");
  await page.getByRole("combobox", { name: "Up" }).selectOption("lines");
  await page.waitForURL(/y=lines/);
  await page.goBack();
  await page.waitForURL((url) => !url.search.includes("y=lines"));
  assert.deepEqual(part(page), moved);
  assert.equal(await page.getByRole("combobox", { name: "Up" }).inputValue(), "words");
  await page.goBack();
  await page.waitForURL(zoomed);
  await page.goBack();
  await page.waitForURL(/\/scatter$/);
  assert.equal(await page.getByRole("button", { name: "Show all" }).count(), 0);
  await page.goForward();
  await page.waitForURL(zoomed);
  await page.getByRole("button", { name: "Show all" }).waitFor();
  assert.equal(await page.locator("main").getAttribute("data-run-state"), "finished");
  await closeInSilence(page);
});

test("another run keeps the axes, and Back shows the one before with its chosen object", async () => {
  const page = await open(browser, `${wordfall.url}/scatter?run=${run.id}&y=lines`);
  await inState(page, "finished");
  await page.locator("[data-scatter]").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.waitForURL(/point=\d+$/);
  const before = page.url();
  await page.click("[data-action=start]");
  await page.waitForURL((url) => url.searchParams.get("run") !== run.id && url.searchParams.get("y") === "lines");
  await inState(page, "finished");
  await page.locator("[data-chosen]").waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).searchParams.get("point"), null);
  await page.goBack();
  await page.waitForURL(before);
  await page.locator("[data-chosen]").waitFor();
  await settled(page);
  assert.equal(page.url(), before);
  await closeInSilence(page);
});

test("Escape undoes a drag, then unpins, then forgets the box, then shows all", async () => {
  const page = await plot();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await drag(page, [0.2, 0.1], [0.9, 0.9]);
  await page.locator(".outline").waitFor();
  await page.locator("[data-scatter]").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.locator("[data-chosen]").waitFor();
  const side = await page.locator("[data-chosen]").getAttribute("data-side");
  const [x, y] = await spot(page, side === "left" ? 0.6 : 0.1, 0.1);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 90, y + 90, { steps: 3 });
  await page.locator(".outline.draft").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".outline.draft").waitFor({ state: "detached" });
  await page.mouse.up();
  await page.locator("[data-chosen]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[data-chosen]").waitFor({ state: "detached" });
  assert.equal(await page.locator(".outline").count(), 1);
  await page.keyboard.press("Escape");
  await page.locator(".outline").waitFor({ state: "detached" });
  await page.waitForURL(/x0=/);
  await page.keyboard.press("Escape");
  await page.waitForURL(/\/scatter$/);
  await closeInSilence(page);
});

test("arrows walk from point to point, and what they come to is told", async () => {
  const page = await plot();
  await page.locator("[data-scatter]").focus();
  const told = new Set();
  for (const key of ["Home", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown", "End"]) {
    const before = await page.locator("[data-told]").textContent();
    await page.keyboard.press(key);
    await page.waitForFunction((before) => document.querySelector("[data-told]").textContent !== before, before);
    const text = await page.locator("[data-told]").textContent();
    const row = rows.findLast((row) => text.startsWith(row.key));
    if (row) {
      told.add(row.key);
      const counts = row.state === "failed" ? "not counted" : `${row.words.toLocaleString("en-US")} word`;
      assert.ok(text.includes(counts), text);
      assert.ok((await page.locator("[role=tooltip]").innerText()).includes(row.key));
    }
  }
  assert.ok(told.size >= 4, [...told].join(", "));
  await closeInSilence(page);
});

test("the card tells everything of an object and never lies over its point", async () => {
  const page = await plot();
  await page.locator("[data-scatter]").focus();
  for (const key of ["Home", "End"]) {
    await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    await page.waitForURL(/point=\d+$/);
    await settled(page);
    const row = rows[Number(new URL(page.url()).searchParams.get("point"))];
    const card = page.locator("[data-chosen]");
    const text = await card.innerText();
    for (const fact of [row.key, row.state, `${row.bytes_in.toLocaleString("en-US")} B`]) {
      assert.ok(text.includes(fact), `${fact}: ${text}`);
    }
    const link = await card.getByRole("link", { name: "Link to this object" }).getAttribute("href");
    assert.equal(new URL(link, page.url()).href, page.url());
    await page.waitForSelector("[data-detail]:not([data-detail=awaited])");
    const [around, plotted] = [await card.boundingBox(), await page.locator("[data-scatter]").boundingBox()];
    assert.ok(around.y >= plotted.y && around.y + around.height <= plotted.y + plotted.height);
    assert.ok(around.width < plotted.width / 2, "a point on the other side stays free");
    await page.keyboard.press("Delete");
    await card.waitFor({ state: "detached" });
  }
  await closeInSilence(page);
});

test("a box fills the table with what is in it, which sorts by any column", async () => {
  const page = await plot();
  await drag(page, [0.25, 0.1], [0.7, 0.8]);
  await page.getByRole("heading", { name: "Objects in the box" }).waitFor();
  const sums = await page.locator("[data-sums]").innerText();
  const [many, words] = sums.replaceAll(",", "").match(/\d+/g).map(Number);
  assert.ok(many > 5 && many < rows.length, sums);
  const grid = page.getByRole("grid");
  assert.equal(Number(await grid.getAttribute("aria-rowcount")), many + 1);
  const listed = await allListed(page, many);
  assert.equal(listed.reduce((sum, number) => sum + rows[number].words, 0), words);
  for (const [column, field] of [["Words", "words"], ["Key", "key"], ["Time", "duration_ms"], ["Stored", "bytes_in"]]) {
    for (const direction of ["first", "second"]) {
      await grid.getByRole("button", { name: column }).click();
      await settled(page);
      const sort = await grid.getByRole("columnheader", { name: column }).getAttribute("aria-sort");
      const values = (await allListed(page, many)).map((number) => rows[number][field]);
      const rising = [...values].sort((one, other) => (one < other ? -1 : Number(one > other)));
      assert.deepEqual(values, sort === "ascending" ? rising : rising.reverse(), `${column}, ${direction} ${sort}`);
    }
  }
  await page.getByRole("button", { name: "List all" }).click();
  await page.getByRole("heading", { name: "All objects" }).waitFor();
  await closeInSilence(page);
});

test("one press lists what failed, the legend lists kinds, and a row chooses its point", async () => {
  const page = await plot();
  await page.getByRole("button", { name: "Show the 1 that failed" }).click();
  const failed = page.locator("[data-objects] tbody tr:visible");
  await page.waitForFunction(() => document.querySelectorAll("[data-objects] tbody tr:not([hidden])").length === 1);
  assert.match(await failed.innerText(), /failed: truncated/);
  await failed.click();
  const number = rows.findIndex((row) => row.state === "failed");
  await page.waitForURL(new RegExp(`point=${number}$`));
  assert.equal(await failed.getAttribute("aria-selected"), "true");
  await page.getByRole("button", { name: "skipped or cancelled" }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-objects] tbody tr:not([hidden])").length === 2);
  await page.getByRole("grid").focus();
  for (const key of ["ArrowDown", "ArrowDown", "Enter"]) {
    await page.keyboard.press(key);
  }
  const skipped = rows.findIndex((row) => row.state === "skipped");
  await page.waitForURL((url) => [number, skipped].includes(Number(url.searchParams.get("point"))));
  await closeInSilence(page);
});

test("what is listed is saved as the server would", async () => {
  const page = await plot();
  await drag(page, [0.0, 0.1], [0.7, 0.999]);
  await page.getByRole("heading", { name: "Objects in the box" }).waitFor();
  const many = Number((await page.locator("[data-sums]").innerText()).replaceAll(",", "").match(/\d+/)[0]);
  const numbers = (await allListed(page, many)).sort((one, other) => one - other);
  const csv = (await file("csv")).split("\r\n");
  const expected = [csv[0], ...numbers.map((number) => csv[number + 1].replace(/"[^"]*(""[^"]*)*"$/, '""')), ""];
  assert.equal(await saved(page, "csv"), expected.join("\r\n"));
  const lines = (await saved(page, "ndjson")).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines, numbers.map((number) => ({ ...rows[number], etag: null })));
  await closeInSilence(page);
});

test("what is listed is run again alone", async () => {
  const page = await plot();
  await page.getByRole("button", { name: "counted", exact: true }).click();
  const again = page.getByRole("button", { name: /^Run \d+ objects again alone$/ });
  await again.click();
  await page.waitForURL((url) => !url.pathname.includes(run.id));
  await inState(page, "finished");
  const [, , id] = new URL(page.url()).pathname.split("/");
  const child = await wordfall.ended(id);
  assert.equal(child.spec.parent, run.id);
  const keys = (await (await fetch(`${wordfall.url}/runs/${id}.ndjson`)).text()).trim().split("\n");
  const uncounted = rows.filter(({ state }) => state !== "counted");
  assert.deepEqual(keys.map((line) => JSON.parse(line).key).sort(), uncounted.map(({ key }) => key).sort());
  await page.getByText("chosen objects, counted again").waitFor();
  await closeInSilence(page);
});

test("a box, a card and a table fit their windows", async () => {
  const page = await plot();
  await drag(page, [0.25, 0.1], [0.7, 0.8]);
  await page.locator("[data-scatter]").focus();
  for (const key of ["Home", "ArrowRight", "Enter", "ArrowUp"]) {
    await page.keyboard.press(key);
  }
  await page.waitForSelector("[data-detail=told]");
  await page.getByRole("button", { name: "Zoom to box" }).click();
  await page.getByRole("grid").getByRole("button", { name: "Words" }).click();
  await settled(page);
  await picture(page, "chosen");
  await page.getByRole("button", { name: "Show the 1 that failed" }).click();
  await page.locator("[data-objects] tbody tr:visible").first().click();
  await page.waitForSelector("[data-detail=told]");
  await picture(page, "failed-alone");
  await closeInSilence(page);
});

/** The run's scatter page, once all of its points are drawn and its plot is in sight. */
async function plot(options) {
  const page = await open(browser, `${wordfall.url}/runs/${run.id}/scatter`, options);
  await inState(page, "finished");
  await page.waitForSelector(`[data-scatter][data-points="${rows.length}"]`);
  await page.waitForSelector("[data-objects]");
  await page.locator("[data-scatter]").evaluate((plot) => plot.scrollIntoView({ block: "center" }));
  return page;
}

/** A place in the window, by its share of the plot's area, axes and names left out. */
async function spot(page, across, down) {
  const { x, y, width, height } = await page.locator("[data-scatter]").boundingBox();
  return [x + 62 + across * (width - 62 - 24), y + 15 + down * (height - 15 - 50)];
}

async function drag(page, from, to) {
  const [begin, end] = [await spot(page, ...from), await spot(page, ...to)];
  await page.mouse.move(...begin);
  await page.mouse.down();
  await page.mouse.move(...end, { steps: 4 });
  await page.mouse.up();
}

/** What of the axes the address says is shown. */
function part(page) {
  return Object.fromEntries([...new URL(page.url()).searchParams].map(([name, value]) => [name, Number(value)]));
}

/** Waits until a change has come to the page and to its address. */
async function settled(page) {
  await page.waitForTimeout(300);
  await page.evaluate(() => new Promise(requestAnimationFrame));
}

/** Touches the page: one place for each finger. */
async function fingers(page) {
  const session = await page.context().newCDPSession(page);
  return async (type, ...places) => {
    const touchPoints = places.map(([x, y], id) => ({ x, y, id }));
    await session.send("Input.dispatchTouchEvent", { type, touchPoints });
  };
}

/** The numbers of the rows that the table lists, in its order, read window by window. */
async function allListed(page, many) {
  const frame = page.locator(".objects-frame");
  const found = new Map();
  for (let top = 0; found.size < many; top += 300) {
    await frame.evaluate((frame, top) => (frame.scrollTop = top), top);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const shown = await frame.locator("tbody tr:not([hidden])").evaluateAll((rows) =>
      rows.map((row) => [Number(row.ariaRowIndex ?? row.getAttribute("aria-rowindex")), Number(row.dataset.number)]),
    );
    shown.forEach(([position, number]) => found.set(position, number));
    assert.ok(top < many * 34 + 900, `${found.size} of ${many} rows were found`);
  }
  return [...found].sort(([one], [other]) => one - other).map(([, number]) => number);
}

async function saved(page, ending) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-save=${ending}]`)]);
  assert.equal(download.suggestedFilename(), `wordfall-${run.id}-chosen.${ending}`);
  return readFileSync(await download.path(), "utf8");
}

async function file(ending) {
  return await (await fetch(`${wordfall.url}/runs/${run.id}.${ending}`)).text();
}
