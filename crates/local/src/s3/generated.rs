//! A bucket of small text objects that are computed, not stored: for tests and demonstrations of any size.

use std::ops::Bound;

use bytes::Bytes;

use super::list::{Keys, Listed};
use super::modified::Modified;
use super::stat::Stat;

/// Objects have at least this many bytes.
const SIZE_MIN: u64 = 60;
/// Sizes that objects may have.
const SIZES: u64 = 341;
/// Digits of an object's number in its key, so that keys sort as numbers do.
const KEY_DIGITS: usize = 7;
/// When all of them were "modified": seconds after 1970.
const MODIFIED_SECONDS: i64 = 1_414_800_000;

const WORDS: [&str; 16] = [
    "lambda", "bucket", "key", "object", "word", "line", "count", "prefix", "stream", "shard", "fan", "out",
    "tree", "leaf", "root", "tally",
];

/// The objects of a generated bucket: `objects` of them, from a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Objects {
    pub(crate) objects: u64,
    pub(crate) seed: u64,
}

/// The totals of all objects of a generated bucket, by the rule `wc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Objects.
    pub objects: u64,
    /// Runs of bytes other than white space.
    pub words: u64,
    /// Newlines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Objects {
    pub(crate) fn key(number: u64) -> String {
        format!("part-{number:0KEY_DIGITS$}.txt")
    }

    /// The object of that key, where there is one.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        let digits = key.strip_prefix("part-")?.strip_suffix(".txt")?;
        let number = digits.parse().ok()?;
        (number < self.objects && Self::key(number) == key).then_some(number)
    }

    pub(crate) fn stat(&self, number: u64) -> Stat {
        let size = self.size(number);
        let etag = format!("{:016x}-{number:x}", self.random(number, 1));
        Stat { size, modified: Modified::at(MODIFIED_SECONDS, 0), etag }
    }

    /// Lines of up to eight words, cut at the object's size, with a newline as the last byte.
    pub(crate) fn bytes(&self, number: u64) -> Bytes {
        let size = usize::try_from(self.size(number)).expect("a few hundred bytes");
        let mut random = self.random(number, 2);
        let mut text = Vec::with_capacity(size + 8);
        while text.len() < size {
            random = mix(random);
            let word = WORDS[(random % 16) as usize];
            text.extend_from_slice(word.as_bytes());
            text.push(if random >> 32 & 7 == 0 { b'\n' } else { b' ' });
        }
        text.truncate(size);
        text[size - 1] = b'\n';
        text.into()
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals { objects: self.objects, ..Totals::default() };
        for number in 0..self.objects {
            let bytes = self.bytes(number);
            totals.bytes += bytes.len() as u64;
            totals.lines += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
            let words = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            totals.words += words.count() as u64;
        }
        totals
    }

    fn size(&self, number: u64) -> u64 {
        SIZE_MIN + self.random(number, 0) % SIZES
    }

    fn random(&self, number: u64, purpose: u64) -> u64 {
        mix(mix(self.seed ^ purpose).wrapping_add(number))
    }

    /// The first object whose key is not before `start`.
    fn first_from(&self, start: Bound<&str>) -> u64 {
        let is_before = |number: u64| match start {
            Bound::Unbounded => false,
            Bound::Included(key) => Self::key(number).as_str() < key,
            Bound::Excluded(key) => Self::key(number).as_str() <= key,
        };
        let (mut low, mut high) = (0, self.objects);
        while low < high {
            let middle = low.midpoint(high);
            if is_before(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

impl Keys for Objects {
    fn range_from<'a>(&'a self, start: Bound<&str>) -> Box<dyn Iterator<Item = Listed> + 'a> {
        let numbers = self.first_from(start)..self.objects;
        Box::new(numbers.map(|number| Listed { key: Self::key(number), stat: self.stat(number) }))
    }
}

/// The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn mix(value: u64) -> u64 {
    let mut value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTS: Objects = Objects { objects: 300, seed: 7 };

    #[test]
    fn every_object_has_the_size_it_is_listed_with() {
        for listed in OBJECTS.range_from(Bound::Unbounded) {
            let number = OBJECTS.number(&listed.key).unwrap();
            let bytes = OBJECTS.bytes(number);
            assert_eq!(bytes.len() as u64, listed.stat.size);
            assert!((60..=400).contains(&bytes.len()));
            assert_eq!(bytes.last(), Some(&b'\n'));
        }
    }

    #[test]
    fn a_listing_starts_at_any_key() {
        let count = |start| OBJECTS.range_from(start).count();
        assert_eq!(count(Bound::Unbounded), 300);
        assert_eq!(count(Bound::Included("part-0000100.txt")), 200);
        assert_eq!(count(Bound::Excluded("part-0000100.txt")), 199);
        assert_eq!(count(Bound::Excluded("part-0000100")), 200);
        assert_eq!(count(Bound::Included("z")), 0);
    }

    #[test]
    fn only_keys_as_listed_are_found() {
        assert_eq!(OBJECTS.number("part-0000012.txt"), Some(12));
        assert_eq!(OBJECTS.number("part-12.txt"), None);
        assert_eq!(OBJECTS.number("part-+000012.txt"), None);
        assert_eq!(OBJECTS.number("part-0000300.txt"), None);
    }
}
