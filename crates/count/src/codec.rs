//! The codec of an object, recognised by its first bytes, and its decoders.
//!
//! In come bytes as they are stored, pushed in pieces of any size; out go slices of decoded bytes. Each
//! decoder keeps its state between pushes in bounded memory, treats what is pushed as hostile, and judges it
//! as the format's own tool does. It stops wherever its allowance is spent, and resumes from there: a few
//! bytes may decode to gigabytes.

mod allowance;
mod bzip2;
mod gzip;
mod inflate;
mod lz4;
mod piece;
mod scratch;
mod skippable;
mod xz;
mod zstd;

pub(crate) use allowance::Allowance;
pub use scratch::{DECODED_BYTES, Scratch};

use self::bzip2::Bzip2;
use self::gzip::Gzip;
use self::lz4::Lz4;
use self::skippable::{Leading, Unwrapped};
use self::xz::Xz;
use self::zstd::Zstd;
use crate::error::CountError;

/// Bytes from which an object's format is recognised: tar has its mark furthest in.
pub const SNIFFED_BYTES: usize = 264;

/// How an object is stored, and with that what decoding it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As it is.
    Plain,
    /// In members of gzip, those of BGZF among them. A stored byte is 1,032 decoded ones at most.
    Gzip,
    /// In frames of zstd, with a window of up to 128 MiB. A stored byte may be 32 KiB of decoded ones.
    Zstd,
    /// In frames of lz4, with blocks of up to 4 MiB.
    Lz4,
    /// In streams of bzip2, with blocks of up to 900 kB.
    Bzip2,
    /// In streams of xz, with a dictionary of up to 96 MiB.
    Xz,
}

/// Decodes an object as it is stored.
#[derive(Debug)]
pub(crate) enum Decoder {
    Plain,
    Gzip(Box<Gzip>),
    Zstd(Box<Zstd>),
    Lz4(Box<Lz4>),
    /// Begins with a frame to be skipped, which zstd and lz4 have in common.
    Leading(Leading),
    Bzip2(Box<Bzip2>),
    Xz(Box<Xz>),
}

impl Codec {
    /// Its name; plain bytes have none.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Lz4 => Some("lz4"),
            Self::Bzip2 => Some("bzip2"),
            Self::Xz => Some("xz"),
        }
    }

    /// Bytes that are held for an object, at most, from its first byte to its last.
    pub fn held_bytes_max(self) -> u64 {
        const MIB: u64 = 1024 * 1024;
        match self {
            Self::Plain => 0,
            Self::Gzip => MIB / 16,
            Self::Zstd => (1 << zstd::WINDOW_LOG_MAX) + MIB,
            Self::Lz4 => 2 * lz4::BLOCK_BYTES_MAX as u64 + MIB / 16,
            Self::Bzip2 => 4 * MIB,
            Self::Xz => xz::MEMORY_BYTES_MAX,
        }
    }

    /// The codec of an object that begins with these bytes. A frame to be skipped, with which zstd and lz4 may begin,
    /// is taken for zstd's.
    pub(crate) fn of(sniffed: &[u8]) -> Self {
        match sniffed {
            _ if sniffed.starts_with(&gzip::MAGIC) => Self::Gzip,
            _ if sniffed.starts_with(&zstd::MAGIC) || skippable::begins(sniffed) => Self::Zstd,
            _ if sniffed.starts_with(&lz4::MAGIC) => Self::Lz4,
            _ if bzip2::begins(sniffed) => Self::Bzip2,
            _ if sniffed.starts_with(&xz::MAGIC) => Self::Xz,
            _ => Self::Plain,
        }
    }
}

impl Decoder {
    /// The decoder for an object that begins with these bytes.
    pub(crate) fn new(sniffed: &[u8]) -> Self {
        match Codec::of(sniffed) {
            Codec::Plain => Self::Plain,
            Codec::Gzip => Self::Gzip(Box::default()),
            Codec::Zstd if skippable::begins(sniffed) => Self::Leading(Leading::default()),
            Codec::Zstd => Self::Zstd(Box::default()),
            Codec::Lz4 => Self::Lz4(Box::default()),
            Codec::Bzip2 => Self::Bzip2(Box::default()),
            Codec::Xz => Self::Xz(Box::default()),
        }
    }

    pub(crate) fn codec(&self) -> Codec {
        match self {
            Self::Plain => Codec::Plain,
            Self::Gzip(_) => Codec::Gzip,
            Self::Zstd(_) | Self::Leading(_) => Codec::Zstd,
            Self::Lz4(_) => Codec::Lz4,
            Self::Bzip2(_) => Codec::Bzip2,
            Self::Xz(_) => Codec::Xz,
        }
    }

    /// Decodes stored bytes as far as the allowance goes, takes them off `stored`, and hands on what they hold. Where the
    /// allowance is not spent, all of them are decoded, with what was left over before.
    pub(crate) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        scratch: &mut Scratch,
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        if let Self::Leading(leading) = self {
            let Some(unwrapped) = leading.push(stored, allowance)? else { return Ok(()) };
            let (decoder, mut magic): (_, &[u8]) = match unwrapped {
                Unwrapped::Zstd => (Self::Zstd(Box::default()), &zstd::MAGIC),
                Unwrapped::Lz4 => (Self::Lz4(Box::default()), &lz4::MAGIC),
            };
            *self = decoder;
            // It was taken off `stored` already, and holds nothing to decode.
            self.push(&mut magic, &Allowance::of(usize::MAX), scratch, emit)?;
        }
        let emit = &mut |bytes: &[u8]| {
            allowance.spend(bytes.len());
            emit(bytes);
        };
        match self {
            Self::Plain => {
                let bytes = stored.len().min(allowance.bytes_left());
                emit(stored.split_off(..bytes).expect("there are that many"));
                Ok(())
            }
            Self::Gzip(gzip) => gzip.push(stored, allowance, scratch.decoded(), emit),
            Self::Zstd(zstd) => zstd.push(stored, allowance, scratch.decoded(), emit),
            Self::Lz4(lz4) => lz4.push(stored, allowance, emit),
            Self::Leading(_) => unreachable!("it was just replaced"),
            Self::Bzip2(bzip2) => bzip2.push(stored, allowance, scratch.decoded(), emit),
            Self::Xz(xz) => xz.push(stored, allowance, scratch.decoded(), emit),
        }
    }

    /// The object has no more bytes. Returns what its reader should know.
    pub(crate) fn finish(self) -> Result<Option<String>, CountError> {
        match self {
            Self::Plain => Ok(None),
            Self::Gzip(gzip) => gzip.finish(),
            Self::Zstd(zstd) => zstd.finish(),
            Self::Lz4(lz4) => lz4.finish(),
            Self::Leading(leading) => leading.finish(),
            Self::Bzip2(bzip2) => bzip2.finish(),
            Self::Xz(xz) => xz.finish(),
        }
    }
}
