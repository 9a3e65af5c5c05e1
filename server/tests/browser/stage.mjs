// A page whose event stream the test tells: for states that a run only passes through, and for those that it should
// never have.

import { inState, open } from "./browser.mjs";

/** What a run has come to by the middle of it. */
export const MIDWAY = {
  objects_found: 48_213,
  objects_done: 20_176,
  objects_failed: 0,
  listing_done: true,
  words: 1_234_567_890,
  lines: 98_765_432,
  bytes_in: 7_654_321_098,
  bytes_out: 31_415_926_535,
  invocations: 412,
  billed_ms: 903_120,
  cost_usd: 0.0183,
  elapsed_ms: 12_400,
  fraction: 0.4185,
};

/** An `end` event. */
export function end(state, { states = {}, ...more } = {}) {
  const counts = { counted: 0, partial: 0, failed: 0, skipped: 0, cancelled: 0, ...states };
  const objects_done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const done = { ...MIDWAY, objects_done, objects_found: objects_done, elapsed_ms: 29_600, fraction: 1 };
  return { ...done, objects_failed: counts.failed, state, states: counts, ...more };
}

/** Opens a page on a stage: `tell` sends it an event, `lose` breaks its stream, and time goes by when the test says. */
export async function openStaged(browser, url, options = {}) {
  const prepare = async (page) => {
    await page.clock.install();
    await page.addInitScript(stageEventSource);
    let begun = 0;
    await page.route("**/api/start_run", (route) => {
      const id = String((begun += 1)).padStart(43, "0");
      return route.fulfill({ json: { id, events: `/runs/${id}/events`, page: `/runs/${id}` } });
    });
  };
  const page = await open(browser, url, { ...options, prepare });
  page.begin = async () => {
    await page.click("[data-action=start]");
    await inState(page, "starting");
  };
  page.tell = (name, data) => page.evaluate(([name, data]) => globalThis.tell(name, data), [name, data]);
  page.lose = (readyState) => page.evaluate((readyState) => globalThis.lose(readyState), readyState);
  return page;
}

/** What a run does, by its name in `data-doing`: each is told to a page that has just begun a run. */
export const SCENES = {
  starting: async () => {},
  counting: async (page) => {
    await page.tell("log", { level: "info", text: "counting s3://logs/2026/ by the rule wc" });
    await page.tell("progress", MIDWAY);
  },
  throttled: async (page) => {
    await page.tell("progress", { ...MIDWAY, throttled: 7 });
  },
  unopened: async (page) => {
    await page.clock.runFor(6_000);
  },
  reconnecting: async (page) => {
    await page.tell("progress", MIDWAY);
    await page.lose(0);
  },
  silent: async (page) => {
    await page.tell("progress", MIDWAY);
    await page.clock.runFor(21_000);
  },
  interrupted: async (page) => {
    await page.tell("progress", { ...MIDWAY, interrupted: true });
  },
  whole: async (page) => {
    await page.tell("end", end("finished", { states: { counted: 48_213 } }));
  },
  nothing: async (page) => {
    const none = { words: 0, lines: 0, bytes_in: 0, bytes_out: 0, invocations: 0, billed_ms: 0, cost_usd: 0.000005 };
    await page.tell("end", end("finished", { ...none, elapsed_ms: 41 }));
  },
  incomplete: async (page) => {
    await page.tell("log", { level: "error", key: "2026/11/25/web-1.log.gz", text: "truncated gzip: ends in the data of a member" });
    await page.tell("log", { level: "error", key: "2026/11/25/web-2.log.gz", text: "denied: reading it needs s3:GetObject" });
    await page.tell("end", end("finished", { states: { counted: 48_210, failed: 2, skipped: 1 } }));
  },
  cancelled: async (page) => {
    await page.tell("end", end("cancelled", { states: { counted: 20_176, cancelled: 28_037 } }));
  },
  budget: async (page) => {
    const error = "the run reached its limit max_usd";
    await page.tell("end", end("budget", { error, states: { counted: 20_176, cancelled: 28_037 } }));
  },
  too_many_failures: async (page) => {
    const error = "1000 objects failed and almost none was counted";
    await page.tell("end", end("too_many_failures", { error, states: { failed: 1_000, cancelled: 47_213 } }));
  },
  failed: async (page) => {
    const error = "listing the bucket logs is denied; the server needs s3:ListBucket on it";
    const listing_done = false;
    await page.tell("end", end("failed", { error, listing_done, states: { counted: 9_000 } }));
  },
  inconsistent: async (page) => {
    const error = "48213 objects were listed and 48212 have a final state: the totals are wrong";
    await page.tell("end", end("inconsistent", { error, states: { counted: 48_212 } }));
  },
};

/** Plays every scene on one page, and stops at each: gives their names. */
export async function* scenes(page) {
  for (const [name, play] of Object.entries(SCENES)) {
    await page.begin();
    await play(page);
    await page.waitForSelector(`[data-doing=${name}]`);
    yield name;
    if (!(await page.evaluate(() => globalThis.stream.readyState === 2))) {
      await page.tell("end", end("cancelled"));
      await inState(page, "cancelled");
    }
  }
}

function stageEventSource() {
  // The test's clock counts its timers from 10^12, which is no number for the page's.
  const ids = [];
  for (const [set, clear] of [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]]) {
    const [setReally, clearReally] = [globalThis[set], globalThis[clear]];
    globalThis[set] = (...given) => ids.push(setReally(...given));
    globalThis[clear] = (id) => clearReally(ids[id - 1]);
  }
  globalThis.EventSource = class extends EventTarget {
    constructor() {
      super();
      this.readyState = 0;
      this.onerror = null;
      globalThis.stream = this;
    }

    close() {
      this.readyState = 2;
    }
  };
  globalThis.tell = (name, data) => {
    const { stream } = globalThis;
    stream.readyState = 1;
    stream.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  };
  globalThis.lose = (readyState) => {
    const { stream } = globalThis;
    stream.readyState = readyState;
    const error = new Event("error");
    stream.dispatchEvent(error);
    stream.onerror?.(error);
  };
}
