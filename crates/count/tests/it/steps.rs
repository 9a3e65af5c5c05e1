use count::{DECODED_BYTES, Finish, ObjectCounter, SNIFFED_BYTES, STEP_BYTES, Scratch, Step};
use wire::rule::Rule;
use wire::tally::Tally;

use crate::counting::finish;
use crate::gzip::member;
use crate::{bzip2, lz4, xz, zstd};

/// Bytes that a decoder may make at once on top of a step: the largest block of lz4.
const BLOCK_BYTES_MAX: usize = 4 << 20;

/// The step that one codec's bombs are asked for here: less than they hold.
const SHORT_BYTES: usize = 1 << 20;

/// The bytes that each step took and made of an object.
struct Steps {
    taken: Vec<(usize, usize)>,
    tally: Tally,
}

fn steps(stored: &[u8], step_bytes: usize) -> Steps {
    let mut counter = ObjectCounter::new(Rule::Wc, "a");
    let scratch = &mut Scratch::default();
    let (mut rest, mut taken, mut before) = (stored, Vec::new(), Tally::default());
    loop {
        let step = counter.push(&mut rest, step_bytes, scratch).unwrap();
        let tally = counter.tally();
        assert_eq!(tally.bytes_in as usize, stored.len() - rest.len(), "the place where a step ends");
        taken.push((
            (tally.bytes_in - before.bytes_in) as usize,
            (tally.bytes_out - before.bytes_out) as usize,
        ));
        before = tally;
        if step == Step::Starved {
            break;
        }
    }
    assert!(rest.is_empty());
    Steps { taken, tally: finish(counter, step_bytes, scratch).unwrap().tally }
}

/// An object that decodes to so many zeros does so in steps, of which none makes more than it may.
#[track_caller]
fn check_bomb(stored: &[u8], zeros: usize, at_once: usize) {
    let Steps { taken, tally } = steps(stored, SHORT_BYTES);
    let longest = taken.iter().map(|(_, made)| *made).max().unwrap();
    assert!(longest <= SHORT_BYTES + at_once, "a step of {longest} bytes");
    assert!(
        stored.len() >= SNIFFED_BYTES && taken.len() >= zeros / (SHORT_BYTES + at_once),
        "{} steps",
        taken.len()
    );
    assert_eq!((tally.bytes_in, tally.bytes_out, tally.words), (stored.len() as u64, zeros as u64, 1));
}

/// An object that holds nothing, at great length, is read in steps too.
#[track_caller]
fn check_empty(part: &[u8]) {
    const PARTS: usize = 100_000;
    let Steps { taken, tally } = steps(&part.repeat(PARTS), STEP_BYTES);
    assert!(taken.len() >= PARTS / 30_000, "{} steps", taken.len());
    let longest = taken.iter().map(|(read, _)| *read).max().unwrap();
    assert!(longest <= 30_000 * part.len(), "a step over {longest} bytes");
    assert_eq!((tally.bytes_in, tally.bytes_out), ((PARTS * part.len()) as u64, 0));
}

/// A frame of blocks of one repeated byte, each of which are 128 KiB in 4 bytes.
fn zstd_zeros(blocks: usize) -> Vec<u8> {
    let block = |is_last: u32| ((128 << 10) << 3 | 1 << 1 | is_last).to_le_bytes();
    let [rle, last] = [block(0), block(1)].map(|[a, b, c, _]| [a, b, c, 0]);
    [b"\x28\xb5\x2f\xfd\0\x38", &rle.repeat(blocks - 1)[..], &last].concat()
}

#[test]
fn a_step_makes_no_more_than_it_may_whatever_the_codec() {
    const ZEROS: usize = 9_000_000;
    let zeros = vec![0; ZEROS];
    check_bomb(&zeros, ZEROS, 0);
    check_bomb(&member(&zeros, 9, 0).repeat(3), 3 * ZEROS, DECODED_BYTES);
    check_bomb(&zstd_zeros(200), 200 * (128 << 10), DECODED_BYTES);
    check_bomb(&lz4::frame_of_large_blocks(&zeros).repeat(3), 3 * ZEROS, BLOCK_BYTES_MAX);
    check_bomb(&bzip2::stream_of(&zeros, 9).repeat(9), 9 * ZEROS, DECODED_BYTES);
    check_bomb(&xz::stream(&zeros).repeat(3), 3 * ZEROS, DECODED_BYTES);
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    check_bomb(&[skipped, &zstd_zeros(100)[..]].concat(), 100 * (128 << 10), DECODED_BYTES);
}

#[test]
fn what_holds_nothing_ends_a_step_too() {
    check_empty(&member(b"", 6, 0));
    check_empty(&zstd::frame(b""));
    check_empty(&lz4::frame(b""));
    check_empty(&bzip2::stream(b""));
    check_empty(&xz::stream(b""));
    check_empty(b"\x5f\x2a\x4d\x18\0\0\0\0");
}

#[test]
fn a_step_over_plain_bytes_takes_as_many() {
    let text = b"a b\n".repeat(1_000);
    assert_eq!(steps(&text, 1_500).taken, [(1_500, 1_500), (1_500, 1_500), (1_000, 1_000)]);
}

#[test]
fn an_object_too_small_to_tell_its_codec_early_is_finished_in_steps() {
    let stored = bzip2::stream_of(&vec![0; 9_000_000], 9).repeat(5);
    assert!(stored.len() < SNIFFED_BYTES);
    let mut counter = ObjectCounter::new(Rule::Wc, "a");
    let scratch = &mut Scratch::default();
    let mut rest = &stored[..];
    assert_eq!(counter.push(&mut rest, SHORT_BYTES, scratch), Ok(Step::Starved));
    let (mut more, mut before) = (0, 0);
    let counted = loop {
        match counter.finish(SHORT_BYTES, scratch).unwrap() {
            Finish::Counted(counted) => break counted,
            Finish::More(next) => counter = next,
        }
        let made = counter.tally().bytes_out as usize - before;
        assert!(made <= SHORT_BYTES + DECODED_BYTES, "a step of {made} bytes");
        (more, before) = (more + 1, before + made);
    };
    assert!(more >= 40, "{more} steps");
    assert_eq!((counted.tally.bytes_out, counted.tally.bytes_in), (45_000_000, stored.len() as u64));
}

#[test]
fn a_step_of_nothing_still_gets_on() {
    let text = b"a b\n".repeat(100_000);
    let stored = [
        text.clone(),
        member(&text, 6, 0),
        zstd::frame(&text),
        lz4::frame(&text),
        bzip2::stream(&text),
        xz::stream(&text),
    ];
    for stored in stored {
        assert_eq!(steps(&stored, 0).tally.words, 200_000);
    }
}
