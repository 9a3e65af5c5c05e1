// Runs that last: interrupted and resumed, deleted, and compared with the run before.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { boxes, closeInSilence, inState, launch, open, startRun } from "./browser.mjs";
import { emptyFolder, slowMount, smallMount } from "./fixtures.mjs";
import { Wordfall } from "./wordfall.mjs";

const small = smallMount();
const slow = slowMount(1_000);
/** By then a run has stored some of what it has counted. */
const STORED_MS = 2_000;
const many = small.objects.filter(({ key }) => key.startsWith("many/"));
let browser;
let wordfall;

before(async () => {
  browser = await launch();
  wordfall = await Wordfall.start({
    data: emptyFolder("data"),
    mounts: { small: small.folder, slow: slow.folder },
    // One object after another, so that a run lasts until it is interrupted.
    more: ["--resume", "ask", "--concurrency", "1", "--batch-bytes", "1"],
  });
});

after(async () => {
  await browser?.close();
  await wordfall?.stop();
});

test("an interrupted run is resumed on its page, and ends with exact totals", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=slow`);
  const id = await begun(page);
  await page.getByRole("link", { name: "This run's page" }).click();
  await page.waitForURL(`**/runs/${id}`);
  await restart(page);
  await inState(page, "interrupted");
  const outcome = await page.locator("[data-outcome]").innerText();
  assert.match(outcome, /^Interrupted: its server is gone\./);
  assert.equal(await page.locator("[data-action=cancel]").count(), 0);
  const { words } = await boxes(page);
  assert.ok(words.fraction > 0 && words.fraction < 1, `${words.fraction}`);
  await page.click("[data-action=resume]");
  await inState(page, "finished");
  const shown = await boxes(page);
  assert.equal(shown.objects.value, slow.objects.length);
  assert.equal(shown.words.value, slow.each.words * slow.objects.length);
  assert.equal(shown.lines.value, slow.each.lines * slow.objects.length);
  await closeButForTheDeadServer(page);
});

test("without JavaScript an interrupted run is found in the history, and resumed", async () => {
  const page = await open(browser, `${wordfall.url}/?bucket=slow`);
  const id = await begun(page);
  await restart(page);
  await inState(page, "interrupted");
  await closeButForTheDeadServer(page);
  const plain = await open(browser, `${wordfall.url}/runs`, { javaScriptEnabled: false });
  await plain.click("td.state[data-state=interrupted] a");
  await inState(plain, "interrupted");
  assert.ok((await boxes(plain)).objects.value > 0);
  await plain.click("[data-action=resume]");
  await plain.waitForURL(`**/runs/${id}`);
  await closeInSilence(plain);
  assert.equal((await wordfall.ended(id)).words, slow.each.words * slow.objects.length);
});

for (const javaScriptEnabled of [true, false]) {
  test(`a run is deleted in two steps, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const run = await wordfall.finishedRun({ bucket: "small", prefix: "many/" });
    const page = await open(browser, `${wordfall.url}/runs/${run.id}`, { javaScriptEnabled });
    assert.equal(await page.locator("[data-action=delete]").isVisible(), false);
    await page.getByText("Delete this run", { exact: true }).click();
    await page.click("[data-action=delete]");
    await page.waitForURL("**/runs");
    // The address changes before the page does.
    await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
    assert.equal(await page.locator(`a[href='/runs/${run.id}']`).count(), 0);
    assert.equal((await fetch(`${wordfall.url}/runs/${run.id}`)).status, 404);
    await closeInSilence(page);
  });
}

test("a second run says what has not changed, and shows what has", async () => {
  const first = await wordfall.finishedRun({ bucket: "small", prefix: "many/", grain: "per_object" });
  writeFileSync(join(small.folder, "many/07.txt"), "other words\n");
  const page = await open(browser, `${wordfall.url}/scatter?bucket=small&prefix=many/`);
  await startRun(page, "finished");
  const told = page.locator("[data-unchanged]");
  await told.getByRole("link", { name: "The run before" }).waitFor();
  assert.match(await told.innerText(), new RegExp(`^${many.length - 1} of ${many.length} objects have not changed`));
  await told.getByRole("link", { name: "What changed" }).click();
  await page.waitForURL("**/changes");
  await checkChanges(page);
  await page.fill("[name=since]", `${wordfall.url}/runs/${first.id}/scatter?y=lines`);
  await page.click("[data-action=compare]");
  await page.waitForURL("**/changes?since=**");
  await checkChanges(page);
  await page.goto(`${wordfall.url}/runs/${first.id}/changes`, { waitUntil: "networkidle" });
  assert.equal(await page.locator("[data-changes]").count(), 0);
  assert.equal(await page.inputValue("[name=since]"), "");
  await closeInSilence(page);
});

test("everything is counted again where that is chosen", async () => {
  const page = await open(browser, `${wordfall.url}/scatter?bucket=small&prefix=many/`);
  await page.click("text=Filters and limits");
  await page.check("[name=recount]");
  await startRun(page, "finished");
  assert.equal(await page.locator("[data-unchanged]").count(), 0);
  assert.equal((await boxes(page)).objects.value, many.length);
  await closeInSilence(page);
});

/** Starts a run on the page and waits until some of it is stored: its id. */
async function begun(page) {
  await startRun(page);
  const href = await page.getByRole("link", { name: "This run's page" }).getAttribute("href");
  const id = href.split("/").pop();
  for (;;) {
    const run = await (await fetch(`${wordfall.url}/runs/${id}.json`)).json();
    assert.equal(run.state, "running");
    if (run.elapsed_ms > STORED_MS) {
      return id;
    }
    await wait(50);
  }
}

/** Kills the server under the page, and starts it again. */
async function restart(page) {
  await wordfall.kill();
  await inState(page, "reconnecting");
  await wordfall.again();
}

async function checkChanges(page) {
  const sum = await page.locator("[data-changes]").innerText();
  assert.equal(sum, `0 added, 1 changed, 0 removed, ${many.length - 1} the same.`);
  const cells = await page.locator("tbody tr").allInnerTexts();
  assert.equal(cells.length, 1);
  assert.match(cells[0], /many\/07\.txt\s+changed\s+56\s+2\s+5\s+1/);
}

/** As `closeInSilence`; the browser itself logs each connection that was refused, and nothing else may be wrong. */
async function closeButForTheDeadServer(page) {
  const others = page.complaints.filter((complaint) => !/ERR_|\/events/.test(complaint));
  await page.context().close();
  assert.deepEqual(others, []);
}
