//! One object, from its first stored byte to its tally.

use wire::rule::Rule;
use wire::tally::Tally;

use crate::codec::{Codec, Decoder, SNIFFED_BYTES, Scratch, format, promised};
use crate::counter::Counter;
use crate::error::CountError;

/// Counts one object whole: bytes as stored are pushed in pieces of any size, the codec is found by its magic
/// bytes, whatever the name.
///
/// It holds the first [`SNIFFED_BYTES`] until they are there, then its decoder, with what the format looks back to:
/// [`Codec::held_bytes_max`] says how much. What is decoded stands in the [`Scratch`] that is lent to it, and plain
/// bytes are counted where they were pushed.
#[derive(Debug)]
pub struct ObjectCounter {
    rule: Rule,
    counter: Counter,
    promised: Option<&'static str>,
    stored_bytes: u64,
    stage: Stage,
}

/// An object that was counted to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What it holds.
    pub tally: Tally,
    /// What its reader should know: lower case, without the key.
    pub warning: Option<String>,
}

#[derive(Debug)]
enum Stage {
    /// Too few bytes yet to tell the codec.
    Sniffing(Vec<u8>),
    Decoding {
        decoder: Decoder,
        looks_like: Option<&'static str>,
    },
    /// What the first error was; nothing is counted after it.
    Failed(CountError),
}

impl ObjectCounter {
    /// A counter for the object of this key. The key decides nothing: it is only told apart from what the bytes
    /// are.
    pub fn new(rule: Rule, key: &str) -> Self {
        Self {
            rule,
            counter: Counter::new(rule),
            promised: promised(key),
            stored_bytes: 0,
            stage: Stage::Sniffing(Vec::new()),
        }
    }

    /// How the object is stored, as far as these bytes, the next to be pushed, tell.
    pub fn codec(&self, next: &[u8]) -> Codec {
        match &self.stage {
            Stage::Sniffing(sniffed) if sniffed.is_empty() => Codec::of(next),
            Stage::Sniffing(sniffed) => {
                Codec::of(&[sniffed, &next[..next.len().min(SNIFFED_BYTES - sniffed.len())]].concat())
            }
            Stage::Decoding { decoder, .. } => decoder.codec(),
            Stage::Failed(_) => Codec::Plain,
        }
    }

    /// Counts the stored bytes that come next. After an error, every further call returns the same one.
    pub fn push(&mut self, mut stored: &[u8], scratch: &mut Scratch) -> Result<(), CountError> {
        self.stored_bytes += stored.len() as u64;
        if let Stage::Sniffing(sniffed) = &mut self.stage {
            if sniffed.is_empty() && stored.len() >= SNIFFED_BYTES {
                self.begin(&stored[..SNIFFED_BYTES]);
                return self.decode(stored, scratch);
            }
            let (start, rest) = stored.split_at(stored.len().min(SNIFFED_BYTES - sniffed.len()));
            sniffed.reserve_exact(SNIFFED_BYTES - sniffed.len());
            sniffed.extend_from_slice(start);
            if sniffed.len() < SNIFFED_BYTES {
                return Ok(());
            }
            self.decode_sniffed(scratch)?;
            stored = rest;
        }
        self.decode(stored, scratch)
    }

    /// The object has no more bytes.
    pub fn finish(mut self, scratch: &mut Scratch) -> Result<Counted, CountError> {
        self.decode_sniffed(scratch)?;
        let tally = self.tally();
        match self.stage {
            Stage::Sniffing(_) => unreachable!("what was sniffed is decoded"),
            Stage::Failed(error) => Err(error),
            Stage::Decoding { decoder, looks_like } => {
                let misnamed =
                    self.promised.filter(|_| decoder.codec() == Codec::Plain && tally.bytes_in > 0);
                let warning = match (decoder.finish()?, looks_like) {
                    (Some(warning), _) => Some(warning),
                    (None, Some(format)) => Some(format!("looks like {format}: counted as the bytes it is")),
                    (None, None) => {
                        misnamed.map(|codec| format!("named as {codec}, but is not: counted as plain text"))
                    }
                };
                Ok(Counted { tally, warning })
            }
        }
    }

    /// What was counted so far, as if the object ended here. `bytes_in` is what was pushed; up to
    /// [`SNIFFED_BYTES`] of it may not be counted yet.
    pub fn tally(&self) -> Tally {
        let mut tally = self.counter.summary().finish(self.rule);
        tally.bytes_in = self.stored_bytes;
        tally
    }

    /// Leaves sniffing, with what there is.
    fn decode_sniffed(&mut self, scratch: &mut Scratch) -> Result<(), CountError> {
        let Stage::Sniffing(sniffed) = &mut self.stage else { return Ok(()) };
        let sniffed = std::mem::take(sniffed);
        self.begin(&sniffed);
        self.decode(&sniffed, scratch)
    }

    fn begin(&mut self, sniffed: &[u8]) {
        let decoder = Decoder::new(sniffed);
        let looks_like = if decoder.codec() == Codec::Plain { format::of(sniffed) } else { None };
        self.stage = Stage::Decoding { decoder, looks_like };
    }

    fn decode(&mut self, stored: &[u8], scratch: &mut Scratch) -> Result<(), CountError> {
        let counter = &mut self.counter;
        let decoded = match &mut self.stage {
            Stage::Sniffing(_) => Ok(()),
            Stage::Decoding { decoder, .. } => {
                decoder.push(stored, scratch, &mut |bytes| counter.push(bytes))
            }
            Stage::Failed(error) => Err(error.clone()),
        };
        decoded.inspect_err(|error| self.stage = Stage::Failed(error.clone()))
    }
}
