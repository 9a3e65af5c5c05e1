//! Bzip2: streams, one after the other, and what may stand behind the last.
//!
//! A stream's head is read here, and with it a stream that holds nothing; its blocks are the library's, which takes input
//! that stops and goes on at any byte, and checks what has a checksum. It makes 3.6 MB of zeros for each stream, which is
//! all that a stream may hold by its format, so that short streams behind one another are decoded in `short`. What follows
//! a stream is judged as `bzip2 -dc` judges it: a further stream, or something to warn of.

mod crc;
mod short;

use std::fmt;

use ::bzip2::{Decompress, Status};

use super::allowance::{Allowance, BEGIN_BYTES};
use crate::error::CountError;
use short::Short;

/// The magic of a stream, before its level.
const MAGIC: &[u8] = b"BZh";

/// The magics behind a level: that of a block, and that of the end of a stream.
const BLOCK_MAGIC: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const END_MAGIC: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// Bytes of a head: the magic, the level, and one of the magics that stand behind it.
const HEAD_BYTES: usize = MAGIC.len() + 1 + BLOCK_MAGIC.len();

/// Bytes of the checksum at a stream's end, of all of its blocks.
const CRC_BYTES: usize = 4;

/// Stored bytes that the library is given at a time, and the charge for each: blocks that hold little take time too.
const PIECE_BYTES: usize = 128 * 1024;
const STORED_CHARGE: usize = 8;

/// Charged for a stream of the library, for each of its levels: making its memory takes about as long.
const LEVEL_BYTES: usize = 40_000;

/// Whether these bytes begin a bzip2 object. The magic alone is three letters, as a text may have them.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let Some([b'1'..=b'9', behind @ ..]) = bytes.strip_prefix(MAGIC) else { return false };
    behind.starts_with(&BLOCK_MAGIC) || behind.starts_with(&END_MAGIC)
}

/// Decodes a bzip2 object, pushed in pieces of any size.
pub(crate) struct Bzip2 {
    stage: Stage,
    streams_ended: u64,
    /// Present if the last stream was short: then the next one may be.
    short: Option<Box<Short>>,
}

enum Stage {
    /// Of a stream; directly behind a stream, and before the first, there is none of it yet.
    Head(Head),
    /// The checksum of a stream without blocks.
    EmptyEnd(Vec<u8>),
    Stream(Stream),
    /// Anything else behind the last stream.
    Garbage {
        bytes: u64,
    },
}

/// A stream's first bytes.
#[derive(Clone, Copy, Default)]
struct Head {
    bytes: [u8; HEAD_BYTES],
    count: usize,
    /// The stream was tried as a short one.
    is_tried: bool,
}

struct Stream {
    library: Decompress,
    /// The library filled what it could decode to, and may have more.
    is_full: bool,
}

impl Bzip2 {
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        while (!stored.is_empty() || self.is_full()) && !allowance.is_spent() {
            match &mut self.stage {
                Stage::Head(head) if head.count == 0 && !head.is_tried && self.short.is_some() => {
                    head.is_tried = true;
                    self.decode_short(stored, allowance, decoded, emit);
                }
                Stage::Head(_) => self.read_head(stored, allowance, decoded, emit)?,
                Stage::EmptyEnd(_) => self.end_empty(stored, allowance)?,
                Stage::Stream(_) => self.decompress(stored, allowance, decoded, emit)?,
                Stage::Garbage { bytes } => {
                    *bytes += stored.len() as u64;
                    *stored = &[];
                }
            }
        }
        Ok(())
    }

    /// The object has no more bytes. Returns what its reader should know.
    pub(super) fn finish(self) -> Result<Option<String>, CountError> {
        match self.stage {
            Stage::Head(Head { count: 0, .. }) => Ok(None),
            Stage::Head(_) | Stage::EmptyEnd(_) | Stage::Stream(_) => {
                Err(CountError::Truncated("bzip2: ends in a stream".to_owned()))
            }
            Stage::Garbage { bytes } => {
                Ok(Some(format!("{bytes} bytes behind the last bzip2 stream: trailing garbage ignored")))
            }
        }
    }

    fn is_full(&self) -> bool {
        matches!(&self.stage, Stage::Stream(stream) if stream.is_full)
    }

    /// Takes the next byte of a head off `stored`.
    fn read_head(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        let Stage::Head(head) = &mut self.stage else { return Ok(()) };
        let Some(&byte) = stored.split_off_first() else { return Ok(()) };
        if !head.takes(byte) {
            if head.count > MAGIC.len() || self.streams_ended == 0 {
                return Err(invalid());
            }
            self.stage = Stage::Garbage { bytes: head.count as u64 + 1 };
            return Ok(());
        }
        head.bytes[head.count] = byte;
        head.count += 1;
        if head.count < HEAD_BYTES {
            return Ok(());
        }
        let head = *head;
        if head.bytes.ends_with(&END_MAGIC) {
            allowance.spend(BEGIN_BYTES);
            self.stage = Stage::EmptyEnd(Vec::with_capacity(CRC_BYTES));
            return Ok(());
        }
        allowance.spend(LEVEL_BYTES * head.level());
        self.stage = Stage::Stream(Stream { library: Decompress::new(false), is_full: false });
        self.decompress(&mut &head.bytes[..], allowance, decoded, emit)
    }

    /// Takes the checksum of a stream without blocks off `stored`: it is 0.
    fn end_empty(&mut self, stored: &mut &[u8], allowance: &Allowance) -> Result<(), CountError> {
        let Stage::EmptyEnd(crc) = &mut self.stage else { return Ok(()) };
        let missing = CRC_BYTES - crc.len();
        crc.extend(stored.split_off(..missing.min(stored.len())).unwrap_or_default());
        allowance.spend(CRC_BYTES);
        if crc.len() < CRC_BYTES {
            return Ok(());
        }
        if crc.iter().any(|&byte| byte != 0) {
            return Err(invalid());
        }
        self.end_stream();
        Ok(())
    }

    /// Decodes a short stream that lies whole in `stored`; nothing where there is none, or anything odd about it.
    fn decode_short(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) {
        let Some(short) = &mut self.short else { return };
        let Some(made) = short.decode(stored, decoded) else { return };
        emit(&decoded[..made.decoded_bytes]);
        *stored = &stored[made.read_bytes..];
        allowance.spend(short::CHARGE_BYTES);
        self.end_stream();
    }

    /// Decodes as much as there is room for, and takes it off `stored`.
    fn decompress(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        let Stage::Stream(Stream { library, is_full }) = &mut self.stage else { return Ok(()) };
        let (read_before, decoded_before) = (library.total_in(), library.total_out());
        let piece = &stored[..stored.len().min(PIECE_BYTES)];
        let status = library.decompress(piece, decoded).map_err(|_| invalid())?;
        let read_bytes = (library.total_in() - read_before) as usize;
        let decoded_bytes = (library.total_out() - decoded_before) as usize;
        emit(&decoded[..decoded_bytes]);
        allowance.spend(STORED_CHARGE * read_bytes);
        *stored = &stored[read_bytes..];
        *is_full = decoded_bytes == decoded.len();
        match status {
            Status::StreamEnd => {
                self.short = (library.total_out() <= short::TEXT_BYTES_MAX as u64).then(Box::default);
                self.end_stream();
            }
            Status::MemNeeded => {
                return Err(CountError::TooLarge("bzip2 block that finds no memory".to_owned()));
            }
            _ if !stored.is_empty() && read_bytes == 0 && decoded_bytes == 0 => return Err(invalid()),
            Status::Ok | Status::FlushOk | Status::RunOk | Status::FinishOk => {}
        }
        Ok(())
    }

    fn end_stream(&mut self) {
        self.stage = Stage::Head(Head::default());
        self.streams_ended += 1;
    }
}

impl Head {
    /// Whether the byte may come next.
    fn takes(&self, byte: u8) -> bool {
        const LEVEL_AT: usize = MAGIC.len();
        match self.count {
            at @ ..LEVEL_AT => byte == MAGIC[at],
            LEVEL_AT => matches!(byte, b'1'..=b'9'),
            at => {
                let at = at - LEVEL_AT - 1;
                let is_block = at == 0 || self.bytes[LEVEL_AT + 1] == BLOCK_MAGIC[0];
                let is_end = at == 0 || self.bytes[LEVEL_AT + 1] == END_MAGIC[0];
                (is_block && byte == BLOCK_MAGIC[at]) || (is_end && byte == END_MAGIC[at])
            }
        }
    }

    fn level(&self) -> usize {
        usize::from(self.bytes[MAGIC.len()] - b'0')
    }
}

impl Default for Bzip2 {
    fn default() -> Self {
        Self { stage: Stage::Head(Head::default()), streams_ended: 0, short: None }
    }
}

impl fmt::Debug for Bzip2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bzip2").field("streams_ended", &self.streams_ended).finish_non_exhaustive()
    }
}

fn invalid() -> CountError {
    CountError::Corrupt("bzip2: invalid data or checksum mismatch".to_owned())
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[track_caller]
    fn check(bytes: &[u8], expected: bool) {
        assert_eq!(begins(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn a_text_of_the_same_letters_is_not_bzip2() {
        check(b"BZh91AY&SY", true);
        check(b"BZh1\x17rE8P\x90", true);
        check(b"BZh01AY&SY", false);
        check(b"BZh91AY&S", false);
        check(b"BZh9 is a level", false);
        check(b"BZh", false);
    }
}
