//! The objects of the sample: their keys, their sizes and what is odd about the last few.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::line::{Pool, Source, Stretch};
use super::random::Random;

const DAYS: u32 = 30;
const DAY_SECONDS: usize = 24 * 3600;

/// The services that write the application logs, and how many lines each log has at least.
const SERVICES: [(&str, Source, usize); 3] =
    [("checkout", Source::App, 14), ("search", Source::App, 60), ("mailer", Source::Mail, 100)];

/// Doublings of a log's length at most: the largest are a few MB in gzip.
const DOUBLINGS_MAX: u32 = 11;

/// Text from here on is compressed fast rather than well.
const FAST_BYTES: usize = 256 * 1024;

/// An object to be made.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) key: String,
    source: Source,
    stretch: Stretch,
    form: Form,
    random: Random,
}

/// How an object is stored.
#[derive(Clone, Copy, Debug)]
enum Form {
    Gzip,
    /// Several members, one of them empty, as programs write that append to their logs.
    Members,
    Plain,
    Empty,
}

/// 3,000 logs and five oddities.
pub(super) fn all() -> Vec<Object> {
    let mut objects = Vec::new();
    for day in 1..=DAYS {
        for host in 1..=40 {
            let key = format!("logs/2026/10/{day:02}/web-{host:02}.access.log.gz");
            objects.push(log(key, Source::Web, day, 80));
        }
        for hour in 0..24 {
            let key = format!("elb/2026/10/{day:02}/front-{hour:02}00.log.gz");
            let mut object = log(key, Source::Balancer, day, 70);
            (object.stretch.start, object.stretch.seconds) = (hour * 3600, 3600);
            objects.push(object);
        }
        for (service, source, lines_min) in SERVICES {
            for instance in 1..=12 {
                let key = format!("app/{service}/2026-10-{day:02}/{instance:02}.log.gz");
                objects.push(log(key, source, day, lines_min));
            }
        }
    }
    objects.extend(oddities());
    objects
}

fn oddities() -> impl Iterator<Item = Object> {
    [
        ("odd/empty.log", Form::Empty),
        ("odd/many-members.log.gz", Form::Members),
        ("odd/not-compressed.log", Form::Plain),
        ("odd/two words.log.gz", Form::Gzip),
        ("odd/żurnal-日志-☕.log.gz", Form::Gzip),
    ]
    .into_iter()
    .map(|(key, form)| Object { form, ..log(key.to_owned(), Source::Web, DAYS + 1, 60) })
}

/// A log of at least this many lines: a few have thousands of times as many.
fn log(key: String, source: Source, day: u32, lines_min: usize) -> Object {
    let mut random = Random::new(key.bytes().fold(0, |seed, byte| seed * 31 % (1 << 50) + u64::from(byte)));
    let doubled = lines_min << random.heads().min(DOUBLINGS_MAX);
    let lines = doubled + random.below(doubled as u64) as usize;
    let stretch = Stretch { day, start: 0, seconds: DAY_SECONDS, lines };
    Object { key, source, stretch, form: Form::Gzip, random }
}

impl Object {
    /// The object's bytes, as they are stored.
    pub(super) fn stored(&self, pools: &BTreeMap<Source, Pool>) -> Vec<u8> {
        let mut random = self.random.clone();
        let mut text = || pools[&self.source].text(self.stretch, &mut random);
        match self.form {
            Form::Gzip => gzip(&text()),
            Form::Members => [gzip(&text()), gzip(b""), gzip(&text()), gzip(&text())].concat(),
            Form::Plain => text(),
            Form::Empty => Vec::new(),
        }
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let level = if text.len() < FAST_BYTES { 6 } else { 1 };
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(level));
    encoder.write_all(text).and_then(|()| encoder.finish()).expect("a vector takes every byte")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sample::VERSION;

    #[test]
    fn every_object_has_a_key_of_its_own() {
        let keys: BTreeSet<String> = all().into_iter().map(|object| object.key).collect();
        assert_eq!(keys.len(), 3005);
    }

    #[test]
    fn the_content_changes_only_with_the_version() {
        let pools = Pool::all();
        let mut crc = flate2::Crc::new();
        for object in all().iter().rev().step_by(100) {
            crc.update(object.key.as_bytes());
            crc.update(&object.stored(&pools));
        }
        assert_eq!((VERSION, crc.sum()), (1, 831_681_428));
    }
}
