use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;

use count::ObjectCounter;
use proptest::prelude::*;
use wire::rule::Rule;

use crate::gzip::member;

/// What a program of the system makes of these bytes; `None` where there is no such program.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
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

/// What `gzip -dc` says of these bytes: all right, a warning, or an error.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Warning,
    Error,
}

fn verdict_of_gzip(stored: &[u8]) -> Option<Verdict> {
    Some(match run("gzip", &["-dc"], stored)?.status.code() {
        Some(0) => Verdict::Good,
        Some(2) => Verdict::Warning,
        _ => Verdict::Error,
    })
}

fn verdict(stored: &[u8]) -> Verdict {
    let mut counter = ObjectCounter::new(Rule::Wc, "a.gz");
    match counter.push(stored).and_then(|()| counter.finish()) {
        Ok(counted) if counted.warning.is_none() => Verdict::Good,
        Ok(_) => Verdict::Warning,
        Err(_) => Verdict::Error,
    }
}

#[test]
fn gzip_objects_are_judged_as_gzip_judges_them() {
    let whole = member(b"a b\n", 6, 31);
    let behind: [&[u8]; 9] =
        [b"", b"\0", b"\0\0", b"\0x", b"xy", b"\x1f", b"\x1fx", b"\x1f\x8b", b"\0\x1f\x8b\x08"];
    let mut objects: Vec<Vec<u8>> = behind.iter().map(|behind| [&whole, *behind].concat()).collect();
    objects.extend((2..whole.len()).map(|end| whole[..end].to_vec()));
    objects.extend((2..whole.len()).map(|at| {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        damaged
    }));
    for stored in objects {
        if let Some(expected) = verdict_of_gzip(&stored) {
            assert_eq!(verdict(&stored), expected, "{stored:x?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ascii_counts_as_wc_counts_it(text in "[ -~\t\n\x0b\x0c\r]{0,400}", level in 0u32..=9) {
        let mut counter = ObjectCounter::new(Rule::Wc, "a.gz");
        counter.push(&member(text.as_bytes(), level, 0)).unwrap();
        let tally = counter.finish().unwrap().tally;
        if let Some(expected) = wc(text.as_bytes()) {
            prop_assert_eq!((tally.words, tally.lines), expected);
        }
    }
}
