// Folders of objects to mount, with what is known of each by counting it here, apart from the code under test.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** A key that would run as a script wherever it is not shown as text. */
export const HOSTILE_KEY = `hostile/<img src=x onerror="globalThis.hostile=1">&amp; 'quoted'.txt`;
/** The same for an object that fails, so that its key stands in the log. */
export const HOSTILE_CUT_KEY = `hostile/<b onmouseover="globalThis.hostile=2">cut.log.gz`;

/** A folder of its own, empty, that goes when the tests end. */
export function emptyFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `wordfall-${name}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Small objects of every kind: `{folder, objects, totals}`; totals are over what can be counted. */
export function smallMount() {
  const folder = emptyFolder("small");
  const objects = [
    plain("a plain.txt", "one two  three\nfour\n\n"),
    plain("no newline at the end.txt", "a\tb\vc\fd\re"),
    plain("unicode/Größe 東京 🙂.txt", "Größe 東京\n🙂 été\n"),
    plain("plus+and%20percent.txt", "plus + percent\n"),
    plain(HOSTILE_KEY, "<script> </script>\n"),
    gzipped("gz/one.log.gz", [sentence(900)]),
    gzipped("gz/two members.log.gz", [sentence(400), sentence(500)]),
    gzipped("gz/named plain.txt", [sentence(50)]),
    plain("gz/not gzip.gz", "plain text, whatever its name\n"),
    cut(HOSTILE_CUT_KEY, sentence(3000)),
    { key: "empty.txt", state: "skipped", words: 0, lines: 0, bytes: Buffer.alloc(0) },
  ];
  for (let number = 0; number < 60; number += 1) {
    objects.push(plain(`many/${String(number).padStart(2, "0")}.txt`, sentence(7 + number * number)));
  }
  write(folder, objects);
  return { folder, objects, totals: sum(objects.filter((object) => object.state === "counted")) };
}

/** Objects that take a while, since little that is stored decodes to much, and too many to be in flight all at once:
 * `{folder, objects, each}`. */
export function slowMount(many = 240) {
  const folder = emptyFolder("slow");
  const member = "the same line again\n".repeat(600_000);
  const each = count(member);
  const bytes = gzipSync(member);
  const objects = [];
  for (let number = 0; number < many; number += 1) {
    objects.push({ key: `slow/${String(number).padStart(3, "0")}.log.gz`, state: "counted", ...each, bytes });
  }
  write(folder, objects);
  return { folder, objects, each };
}

/** So many objects of a few words each: `{folder, objects}`, the latter their number. */
export function manyMount(objects) {
  const folder = emptyFolder("many");
  for (let number = 0; number < objects; number += 1) {
    if (number % 1000 === 0) {
      mkdirSync(join(folder, String(number / 1000)));
    }
    writeFileSync(join(folder, String(Math.floor(number / 1000)), `${number}.txt`), "word ".repeat(1 + (number % 89)));
  }
  return { folder, objects };
}

/** Words and lines by the rule `wc`. */
export function count(text) {
  const bytes = Buffer.from(text).toString("latin1");
  const words = bytes.split(/[ \t\n\v\f\r]+/).filter((word) => word !== "").length;
  return { words, lines: bytes.split("\n").length - 1 };
}

function sentence(words) {
  const text = [];
  for (let number = 0; number < words; number += 1) {
    text.push(`word${number % 97}`, number % 11 === 10 ? "\n" : " ");
  }
  return text.join("");
}

function plain(key, text) {
  return { key, state: "counted", ...count(text), bytes: Buffer.from(text) };
}

function gzipped(key, texts) {
  const bytes = Buffer.concat(texts.map((text) => gzipSync(text)));
  return { key, state: "counted", ...count(texts.join("")), bytes };
}

function cut(key, text) {
  const whole = gzipSync(text);
  return { key, state: "failed", words: 0, lines: 0, bytes: whole.subarray(0, whole.length / 2) };
}

function write(folder, objects) {
  for (const { key, bytes } of objects) {
    const path = join(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

function sum(objects) {
  const total = { words: 0, lines: 0 };
  for (const { words, lines } of objects) {
    total.words += words;
    total.lines += lines;
  }
  return total;
}
