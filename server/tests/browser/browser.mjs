// The browser, and pages that remember every complaint.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

// By `require`, which looks into NODE_PATH: packages are installed outside the repository.
const { chromium } = createRequire(import.meta.url)("playwright-core");

const RUN_MS_MAX = 60_000;

/** A browser with an empty profile. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page in a context of its own; `page.complaints` gathers what should never be. `prepare` is given the page before
 * it goes anywhere. */
export async function open(browser, url, { prepare, ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await prepare?.(page);
  page.complaints = [];
  const complain = (kind, text) => page.complaints.push(`${kind}: ${text}`);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complain("console", `${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => complain("page error", error.message));
  page.on("dialog", (dialog) => {
    complain("dialog", dialog.message());
    dialog.dismiss();
  });
  page.on("requestfailed", (request) => {
    const { errorText } = request.failure();
    // A closed EventSource shows as an aborted request, a script that may not run as a refused one.
    const closed = errorText === "net::ERR_ABORTED" && request.url().includes("/events");
    const unwanted = errorText === "csp" && options.javaScriptEnabled === false;
    if (!closed && !unwanted) {
      complain("failed request", `${request.url()}: ${errorText}`);
    }
  });
  await page.goto(url, { waitUntil: "networkidle" });
  return page;
}

/** Closes the page's context, having asserted that nothing was complained of. */
export async function closeInSilence(page) {
  await page.context().close();
  assert.deepEqual(page.complaints, []);
}

/** Presses start, and waits for the run's end where `state` is given. */
export async function startRun(page, state) {
  await page.click("[data-action=start]");
  await inState(page, state ?? "running");
}

/** Waits until the page shows a run in one of these states. */
export async function inState(page, ...states) {
  const selector = states.map((state) => `main[data-run-state=${state}]`).join(", ");
  await page.waitForSelector(selector, { timeout: RUN_MS_MAX });
}

/** The boxes by name, each `{value, fraction, background, color}`. */
export function boxes(page) {
  return page.$$eval("[data-box]", (elements) => {
    const read = (element) => {
      const { backgroundColor, color } = getComputedStyle(element);
      const { value, fraction } = element.dataset;
      return { value: Number(value), fraction: Number(fraction), background: backgroundColor, color };
    };
    return Object.fromEntries(elements.map((element) => [element.dataset.box, read(element)]));
  });
}
