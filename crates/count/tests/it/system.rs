use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;

use proptest::prelude::*;
use wire::rule::Rule;

use crate::counting::count_chunks;
use crate::gzip::member;
use crate::{bzip2, lz4, texts, xz, zstd};

/// The output of a program of the system for these bytes; `None` where there is no such program.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that gives up on its input early closes the pipe.
    let writing = thread::spawn(move || stdin.write_all(&input).ok());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    Some(output)
}

/// Words and lines as `wc` has them.
fn wc(text: &[u8]) -> Option<(u64, u64)> {
    let output = String::from_utf8(run("wc", &["-lw"], text)?.stdout).unwrap();
    let mut numbers = output.split_whitespace().map(|number| number.parse().unwrap());
    let lines = numbers.next().unwrap();
    Some((numbers.next().unwrap(), lines))
}

/// The verdict of a codec's own tool on an object: all right, a warning, or an error.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Warning,
    Error,
}

/// The verdict of a tool with `-dc`. Gzip and xz warn by their status, bzip2 only in words.
fn verdict_of(tool: &str, stored: &[u8]) -> Option<Verdict> {
    let output = run(tool, &["-dc"], stored)?;
    Some(match output.status.code() {
        Some(0) if output.stderr.is_empty() => Verdict::Good,
        Some(0) if tool == "bzip2" => Verdict::Warning,
        Some(2) if tool == "gzip" || tool == "xz" => Verdict::Warning,
        Some(0) => Verdict::Good,
        _ => Verdict::Error,
    })
}

fn verdict(stored: &[u8]) -> Verdict {
    match count_chunks(Rule::Wc, [stored]) {
        Ok(counted) if counted.warning.is_none() => Verdict::Good,
        Ok(_) => Verdict::Warning,
        Err(_) => Verdict::Error,
    }
}

/// Bytes that may stand behind an object. Not one odd byte: gzip takes that for a cut, where the text is
/// known to be whole.
const BEHIND: [&[u8]; 21] = [
    b"",
    b"\0",
    b"\0\0",
    b"\0\0\0\0",
    b"\0\0\0\0\0",
    b"\0x",
    b"xyz",
    b"wxyz",
    b"a longer piece of garbage",
    b"\x1f",
    b"\x1fx",
    b"\x1f\x8b",
    b"\0\x1f\x8b\x08",
    b"\x28\xb5\x2f",
    b"\x04\x22\x4d",
    b"BZ",
    b"BZh9",
    b"BZx",
    b"BZh9garbage",
    b"\xfd7z",
    b"\0\0\0\0\xfd7zXZ\0",
];

/// The object whole, cut from this byte on, damaged from there on, followed by others, and twice, is judged as by
/// the tool.
#[track_caller]
fn check_verdicts(tool: &str, whole: &[u8], first_byte: usize) {
    let behind = BEHIND.iter().map(|behind| [whole, *behind].concat());
    let cut = (first_byte..whole.len()).map(|end| whole[..end].to_vec());
    let damaged = (first_byte..whole.len()).map(|at| {
        let mut damaged = whole.to_vec();
        damaged[at] ^= 0x40;
        damaged
    });
    let twice = (0..whole.len()).map(|end| [whole, &whole[..end]].concat());
    for stored in behind.chain(cut).chain(damaged).chain(twice) {
        if let Some(expected) = verdict_of(tool, &stored) {
            assert_eq!(verdict(&stored), expected, "{tool}: {stored:x?}");
        }
    }
}

#[test]
fn gzip_objects_are_judged_as_gzip_judges_them() {
    check_verdicts("gzip", &member(b"a b\n", 6, 31), 2);
}

#[test]
fn zstd_objects_are_judged_as_zstd_judges_them() {
    check_verdicts("zstd", &zstd::frame(b"a b\n"), 4);
    check_verdicts("zstd", &zstd::frame(&b"a b c\n".repeat(20)), 4);
    check_verdicts("zstd", &[b"\x50\x2a\x4d\x18\x01\0\0\0a", &zstd::frame(b"a b\n")[..]].concat(), 4);
}

#[test]
fn lz4_objects_are_judged_as_lz4_judges_them() {
    check_verdicts("lz4", &lz4::frame(b"a b\n"), 4);
    check_verdicts("lz4", &lz4::frame(&b"a b c\n".repeat(20)), 4);
}

#[test]
fn bzip2_objects_are_judged_as_bzip2_judges_them() {
    check_verdicts("bzip2", &bzip2::stream(b"a b\n"), 10);
    check_verdicts("bzip2", &bzip2::stream(b""), 10);
}

#[test]
fn xz_objects_are_judged_as_xz_judges_them() {
    check_verdicts("xz", &xz::stream(b"a b\n"), 6);
    check_verdicts("xz", &xz::stream_of_unknown_check(b"a b\n"), 6);
}

/// Words that have no printable ASCII character: older releases of `wc` don't count them.
fn unprintable(text: &[u8]) -> u64 {
    let is_blank = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let words = text.split(is_blank).filter(|word| !word.is_empty());
    words.filter(|word| !word.iter().any(u8::is_ascii_graphic)).count() as u64
}

/// Rule `wc` counts as `wc -lw` in the C locale does, to the last word.
fn check_wc(stored: &[u8], text: &[u8]) -> Result<(), TestCaseError> {
    let tally = count_chunks(Rule::Wc, [stored]).unwrap().tally;
    let (Some(expected), Some(older)) = (wc(text), wc(b"\x01")) else { return Ok(()) };
    let left_out = if older.0 == 0 { unprintable(text) } else { 0 };
    prop_assert_eq!((tally.words - left_out, tally.lines), expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ascii_counts_as_wc_counts_it(text in "[ -~\t\n\x0b\x0c\r]{0,400}", level in 0u32..=9) {
        check_wc(&member(text.as_bytes(), level, 0), text.as_bytes())?;
    }

    #[test]
    fn any_bytes_count_as_wc_counts_them_in_the_c_locale(
        text in prop_oneof![texts::any_text(), prop::collection::vec(any::<u8>(), 0..2_000)],
    ) {
        check_wc(&member(&text, 6, 0), &text)?;
    }
}
