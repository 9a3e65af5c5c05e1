//! One object, from its first stored byte to its tally.

use wire::rule::Rule;
use wire::tally::Tally;

use crate::codec::{Allowance, Codec, Decoder, SNIFFED_BYTES, Scratch};
use crate::content::{Beginning, Name};
use crate::counter::Counter;
use crate::error::CountError;
use crate::warning;

/// Decoded bytes after which a step ends: some milliseconds of work, within which a caller can give way or stop.
pub const STEP_BYTES: usize = 4 * 1024 * 1024;

/// Counts one object whole: bytes as stored are pushed in pieces of any size, and the codec is recognised by
/// its magic bytes, whatever the name. Counting goes by steps, each of bounded work whatever was pushed, so
/// that the caller may stop between two of them: 250 bytes may be 225 MB.
///
/// It holds the first [`SNIFFED_BYTES`] until they are there, then its decoder, with what the format looks back to:
/// [`Codec::held_bytes_max`] says how much. What is decoded stands in the [`Scratch`] that is lent to it, and plain
/// bytes are counted where they were pushed.
#[derive(Debug)]
pub struct ObjectCounter {
    rule: Rule,
    counter: Counter,
    name: Name,
    beginning: Beginning,
    stored_bytes: u64,
    stage: Stage,
}

/// An object that was counted to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The object's tally.
    pub tally: Tally,
    /// The warning for its reader: lower case, without the key.
    pub warning: Option<String>,
}

/// Why a step of counting ended. Its position in the object is the `bytes_in` of [`ObjectCounter::tally`],
/// and what of it is decoded so far the `bytes_out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All that was pushed is used, and nothing of it is left to decode.
    Starved,
    /// It has decoded as much as a step may, or done what takes as long. There may be more.
    Full,
}

/// The outcome of the last steps of an object.
#[derive(Debug)]
pub enum Finish {
    /// It was counted to its end.
    Counted(Counted),
    /// The step was [`Step::Full`]: another one goes on.
    More(ObjectCounter),
}

#[derive(Debug)]
enum Stage {
    /// Too few bytes yet to recognise the codec.
    Sniffing(Vec<u8>),
    Decoding {
        decoder: Decoder,
        /// The bytes by which the codec was recognised, as far as they are not decoded yet.
        sniffed: Vec<u8>,
    },
    /// The first error; nothing is counted after it.
    Failed(CountError),
}

impl ObjectCounter {
    /// A counter for the object of this key. The key decides nothing: a warning says where the bytes are not
    /// what it promises.
    pub fn new(rule: Rule, key: &str) -> Self {
        Self {
            rule,
            counter: Counter::new(rule),
            name: Name::of(key),
            beginning: Beginning::default(),
            stored_bytes: 0,
            stage: Stage::Sniffing(Vec::new()),
        }
    }

    /// The object's codec, as far as these bytes, the next to be pushed, show it.
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

    /// Counts the stored bytes that come next and takes them off `stored`, for about so many decoded bytes:
    /// [`STEP_BYTES`], or fewer for a shorter step. What a decoder makes at once may come on top, which is 4 MiB at most.
    ///
    /// A step that is [`Step::Full`] is followed by another one with what is left of `stored`, also where that is
    /// nothing. After an error nothing is counted, and every further call returns the same one.
    pub fn push(
        &mut self,
        stored: &mut &[u8],
        step_bytes: usize,
        scratch: &mut Scratch,
    ) -> Result<Step, CountError> {
        let bytes_before = stored.len();
        let step = self.step(stored, &Allowance::of(step_bytes), scratch);
        if step.is_err() {
            *stored = &[];
        }
        self.stored_bytes += (bytes_before - stored.len()) as u64;
        step
    }

    /// The object has no more bytes: counts what is held of it, in steps as [`Self::push`] does.
    pub fn finish(mut self, step_bytes: usize, scratch: &mut Scratch) -> Result<Finish, CountError> {
        self.begin();
        match self.decode(&mut &[][..], &Allowance::of(step_bytes), scratch)? {
            Step::Full => Ok(Finish::More(self)),
            Step::Starved => self.counted().map(Finish::Counted),
        }
    }

    /// The tally so far, as if the object ended here. `bytes_in` is what was pushed; up to
    /// [`SNIFFED_BYTES`] of it may not be counted yet.
    pub fn tally(&self) -> Tally {
        let mut tally = self.counter.summary().finish(self.rule);
        tally.bytes_in = self.stored_bytes;
        tally
    }

    fn step(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        scratch: &mut Scratch,
    ) -> Result<Step, CountError> {
        if let Stage::Sniffing(sniffed) = &mut self.stage {
            match stored.first_chunk::<SNIFFED_BYTES>() {
                Some(start) if sniffed.is_empty() => self.stage = Stage::decoding(start, Vec::new()),
                _ => {
                    let missing = SNIFFED_BYTES - sniffed.len();
                    sniffed.reserve_exact(missing);
                    sniffed.extend(stored.split_off(..missing.min(stored.len())).unwrap_or_default());
                    if sniffed.len() < SNIFFED_BYTES {
                        return Ok(Step::Starved);
                    }
                    self.begin();
                }
            }
        }
        self.decode(stored, allowance, scratch)
    }

    /// Leaves sniffing, with what there is.
    fn begin(&mut self) {
        let Stage::Sniffing(sniffed) = &mut self.stage else { return };
        let sniffed = std::mem::take(sniffed);
        self.stage = Stage::decoding(&sniffed.clone(), sniffed);
    }

    fn decode(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        scratch: &mut Scratch,
    ) -> Result<Step, CountError> {
        let decoded = self.stage.decode(stored, allowance, scratch, &mut |bytes| {
            self.beginning.push(bytes);
            self.counter.push(bytes);
        });
        match decoded {
            Ok(()) if allowance.is_spent() => Ok(Step::Full),
            Ok(()) => Ok(Step::Starved),
            Err(error) => {
                self.stage = Stage::Failed(error.clone());
                Err(error)
            }
        }
    }

    fn counted(self) -> Result<Counted, CountError> {
        let tally = self.tally();
        match self.stage {
            Stage::Sniffing(_) => unreachable!("what was sniffed is decoded"),
            Stage::Failed(error) => Err(error),
            Stage::Decoding { decoder, .. } => {
                let codec = decoder.codec();
                let odd = decoder.finish()?;
                let name = if tally.bytes_out > 0 { self.name } else { Name::default() };
                let unlike = warning::of(name, codec, self.beginning.content());
                let warning = match (odd, unlike) {
                    (Some(odd), Some(unlike)) => Some(format!("{odd}; {unlike}")),
                    (odd, unlike) => odd.or(unlike),
                };
                Ok(Counted { tally, warning })
            }
        }
    }
}

impl Stage {
    /// Decoding an object that begins with these bytes, of which so many are held.
    fn decoding(start: &[u8], sniffed: Vec<u8>) -> Self {
        Self::Decoding { decoder: Decoder::new(start), sniffed }
    }

    fn decode(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        scratch: &mut Scratch,
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        match self {
            Self::Sniffing(_) => Ok(()),
            Self::Decoding { decoder, sniffed, .. } => {
                if !sniffed.is_empty() {
                    let mut held = sniffed.as_slice();
                    decoder.push(&mut held, allowance, scratch, emit)?;
                    let used_bytes = sniffed.len() - held.len();
                    sniffed.drain(..used_bytes);
                }
                if allowance.is_spent() { Ok(()) } else { decoder.push(stored, allowance, scratch, emit) }
            }
            Self::Failed(error) => Err(error.clone()),
        }
    }
}
