// What drawing costs in a browser: ratios against plotters, and what a million points take. Exits with 1 below a promise.
//
// Usage: node page.mjs FOLDER, where wasm-bindgen has put `page.js` and `page_bg.wasm`.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

import { launch } from "../../server/tests/browser/browser.mjs";

const POINTS = 100_000;
const MANY_POINTS = 1_000_000;
const ROUNDS = 7;
const LOOKS = 5;

/** What is promised: plotters' redraw in ours, and in appending a thousand; a linear scan in a look into the index. */
const REDRAW_MIN = 25;
const APPEND_MIN = 200;
const HOVER_MIN = 50;
/** What a pan or a zoom of a million points should take. */
const LOOK_MS_AIM = 50;

const PAGE = `<!DOCTYPE html>
<title>bench</title>
<style>
  canvas { position: absolute; width: 900px; height: 500px; font: 13px sans-serif;
    --plot-ink: #222; --plot-line: #ccc; --plot-counted: #2a6df4; --plot-dense: #08245c;
    --plot-failed: #c22; --plot-skipped: #888 }
</style>
<canvas id="frame"></canvas><canvas id="points"></canvas><canvas id="hover"></canvas><canvas id="plain"></canvas>
<script type="module">
  import start, * as bench from "/page.js";
  await start();
  globalThis.bench = bench;
</script>`;

const folder = process.argv[2];
const server = await serve(folder);
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
  page.on("pageerror", (error) => console.error(error.message));
  page.on("console", (message) => console.error(message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => globalThis.bench);
  const missed = [await race(page), await lookAround(page)].flat().filter((row) => !row.holds);
  for (const { what } of missed) {
    console.error(`page: ${what}: the promise does not hold`);
  }
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  await browser.close();
  server.close();
}

/** Our plot against plotters, by turns. */
async function race(page) {
  const times = await page.evaluate(
    ([points, rounds]) => {
      const canvas = (id) => document.getElementById(id);
      const layers = ["frame", "points", "hover", "plain"].map(canvas);
      return JSON.parse(globalThis.bench.race(...layers, points, rounds));
    },
    [POINTS, ROUNDS],
  );
  const { plotters_ms, redraw_ms, append_ms, linear_ms, index_ms, nothing_ms } = times;
  console.log(`${POINTS} points, 900 x 500, the best of ${ROUNDS} rounds by turns:`);
  console.log(`  ${"the index where there is nothing".padEnd(52)} ${shown(nothing_ms)}`);
  return [
    row("plotters drawing circles / a full redraw", plotters_ms, redraw_ms, REDRAW_MIN),
    row("plotters drawing circles / appending 1,000 points", plotters_ms, append_ms, APPEND_MIN),
    row("a linear scan for the nearest point / the index", linear_ms, index_ms, HOVER_MIN),
  ];
}

/** A million points, of which another part is shown. */
async function lookAround(page) {
  const [zoom, pan] = await page.evaluate(
    ([points, rounds]) => {
      const canvas = (id) => document.getElementById(id);
      const layers = ["frame", "points", "hover"].map(canvas);
      return JSON.parse(globalThis.bench.look_around(...layers, points, rounds));
    },
    [MANY_POINTS, LOOKS],
  );
  console.log(`${MANY_POINTS} points, the best of ${LOOKS} (the aim is ${LOOK_MS_AIM} ms):`);
  for (const [what, { first_ms, all_ms, frames }] of Object.entries({ zoom, pan })) {
    const told = `${first_ms.toFixed(1)} ms to the first frame, ${all_ms.toFixed(1)} ms in all ${frames}`;
    console.log(`  ${what.padEnd(52)} ${told}`);
  }
  return [];
}

function row(what, theirs, ours, least) {
  const ratio = theirs / ours;
  const times = `${shown(theirs)} / ${shown(ours)}`;
  console.log(`  ${what.padEnd(52)} ${ratio.toFixed(0).padStart(6)}   ${times}, promised ${least}`);
  return { what, holds: ratio >= least };
}

function shown(ms) {
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${(ms * 1000).toFixed(1)} us`;
}

/** The folder's files and the page; isolated, so that the browser's clock is fine. */
async function serve(folder) {
  const types = { ".js": "text/javascript", ".wasm": "application/wasm" };
  const server = createServer(async (request, response) => {
    const name = request.url === "/" ? "" : request.url.slice(1);
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    response.setHeader("Content-Type", types[name.slice(name.lastIndexOf("."))] ?? "text/html");
    if (name === "") {
      response.end(PAGE);
    } else if (/^[\w.]+$/.test(name)) {
      response.end(await readFile(join(folder, name)).catch(() => ""));
    } else {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
