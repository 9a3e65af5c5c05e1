// The site behind a proxy that tells runs of its own: very many rows, as fast as the browser's connection takes them.

import { once } from "node:events";
import { createServer, request as ask } from "node:http";

/** Rows of an event, as the server sends them to a viewer who has seen none. */
const ROWS_AT_ONCE = 1_000;
/** Events between two of the run's progress. */
const PROGRESS_EVERY = 4;

/** Serves the site at `url` anew, save that every run's events are `rows` made-up ones; `{url, close()}`. */
export async function flooded(url, rows) {
  const events = await made(url, rows);
  const proxy = createServer((request, response) => {
    if (/^\/runs\/[^/]+\/events/.test(request.url)) {
      tell(response, events);
    } else {
      pass(url, request, response);
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const close = () => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${proxy.address().port}`, close };
}

/** Writes as the socket takes it, and no faster. */
async function tell(response, events) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const event of events) {
    if (!response.write(event)) {
      const either = new AbortController();
      const { signal } = either;
      const turns = ["drain", "close"].map((name) => once(response, name, { signal }).catch(() => undefined));
      await Promise.race(turns);
      either.abort();
    }
    if (response.destroyed) {
      return;
    }
  }
  response.end();
}

function pass(url, request, response) {
  const { pathname, search } = new URL(request.url, url);
  const { hostname, port } = new URL(url);
  const { method, headers } = request;
  const onward = ask({ hostname, port, path: pathname + search, method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

/** The events as bytes. Their shape is that of a run which the server has counted. */
async function made(url, rows) {
  const { progress, end } = await patterns(url);
  const events = [Buffer.from("retry: 2000\n\n")];
  const say = (name, data) => {
    events.push(Buffer.from(`event: ${name}\nid: ${events.length}\ndata: ${JSON.stringify(data)}\n\n`));
  };
  const sums = { objects_found: rows, objects_done: 0, words: 0, lines: 0, bytes_in: 0, bytes_out: 0 };
  const done = () => ({ ...progress, ...sums, listing_done: true, fraction: (sums.objects_done / rows) * 0.99 });
  say("progress", done());
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const some = Array.from({ length: Math.min(ROWS_AT_ONCE, rows - first) }, (_, at) => row(first + at));
    for (const [, words, lines, bytes] of some) {
      sums.words += words;
      sums.lines += lines;
      sums.bytes_in += bytes;
      sums.bytes_out += bytes;
    }
    sums.objects_done += some.length;
    say("objects", { first, rows: some });
    if (events.length % PROGRESS_EVERY === 0) {
      say("progress", done());
    }
  }
  const states = { ...end.states, counted: rows, failed: 0, partial: 0, skipped: 0, cancelled: 0 };
  say("end", { ...end, ...done(), fraction: 1, states });
  return events;
}

/** A progress and an end as they are now, of whatever run there is. */
async function patterns(url) {
  const { runs } = await (await fetch(`${url}/api/list_runs`, { method: "POST", body: new URLSearchParams() })).json();
  const text = await (await fetch(`${url}/runs/${runs[0].id}/events`)).text();
  const data = (name) => JSON.parse(text.match(new RegExp(`event: ?${name}\\n(?:id: ?.*\\n)?data: ?(.*)\\n`))[1]);
  return { progress: data("progress"), end: data("end") };
}

/** From a few bytes to some megabytes, in no order. */
function row(number) {
  const fraction = (number * 0.6180339887) % 1;
  const bytes = Math.round(Math.exp(fraction * 15));
  const words = Math.round(bytes / (4 + ((number * 7) % 9)));
  const lines = Math.round(words / (3 + ((number * 13) % 23)));
  const key = `logs/2026/11/${String(number % 30).padStart(2, "0")}/part-${String(number).padStart(7, "0")}.log.gz`;
  return [key, words, lines, bytes, bytes, 1 + (number % 50), "counted", null];
}
