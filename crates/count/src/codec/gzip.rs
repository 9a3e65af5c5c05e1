//! Gzip (RFC 1952): members, one after the other, and what may stand behind the last.
//!
//! The framing is ours, around our own inflater, so that input may stop and go on at any byte, and so that
//! damage is distinguished from a cut. What follows a member is judged as `gzip -dc` judges it: a further
//! member, zeros, or something to warn of. BGZF, which is gzip with a mark in each member and an empty member
//! at the end, is decoded as gzip is, and a missing end is warned of, as samtools does.

mod header;

use std::{fmt, mem};

use header::Header;

use super::allowance::{Allowance, BEGIN_BYTES};
use super::inflate::{Inflater, Invalid, Progress};
use super::scratch::DECODED_BYTES;
use crate::error::CountError;

/// The magic of every member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// CRC-32 and length, 4 bytes each.
const TRAILER_BYTES: usize = 8;

/// Decodes a gzip object, pushed in pieces of any size.
pub(crate) struct Gzip {
    stage: Stage,
    inflater: Inflater,
    /// Of the current member.
    crc: crc32fast::Hasher,
    decoded_bytes: u64,
    bgzf: Bgzf,
}

/// Whether the members are those of BGZF, as far as they are read.
#[derive(Debug, Default)]
struct Bgzf {
    /// Whether the first member is one, once there was one.
    is_object: Option<bool>,
    /// Whether the last one is, of which the header is read.
    is_member: bool,
    /// Whether the last one is an end marker.
    is_ended: bool,
}

#[derive(Debug)]
enum Stage {
    Header(Header),
    Body,
    Trailer(Vec<u8>),
    /// Directly behind a member.
    Between,
    /// Behind a member and the first byte of what may be another.
    HalfMagic,
    /// Zeros behind the last member.
    Padding,
    /// Anything else behind the last member.
    Garbage {
        bytes: u64,
    },
}

impl Gzip {
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8; DECODED_BYTES],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        while !allowance.is_spent()
            && let Some(&byte) = stored.first()
        {
            match &mut self.stage {
                Stage::Header(header) => {
                    if header.push(byte)? {
                        self.bgzf.begin_member(header);
                        self.stage = Stage::Body;
                        allowance.spend(BEGIN_BYTES);
                    }
                    *stored = &stored[1..];
                    allowance.spend(1);
                }
                Stage::Body => self.inflate(stored, allowance, decoded, emit)?,
                Stage::Trailer(_) => self.push_trailer(stored)?,
                Stage::Garbage { bytes } => {
                    *bytes += stored.len() as u64;
                    *stored = &[];
                }
                Stage::Between | Stage::HalfMagic | Stage::Padding => {
                    self.stage = self.stage.behind_member(byte);
                    *stored = &stored[1..];
                    allowance.spend(1);
                }
            }
        }
        Ok(())
    }

    /// The object has no more bytes. Returns what its reader should know.
    pub(super) fn finish(self) -> Result<Option<String>, CountError> {
        match self.stage {
            Stage::Header(_) | Stage::HalfMagic => Err(truncated("ends in the header of a member")),
            Stage::Body => Err(truncated("ends in the data of a member")),
            Stage::Trailer(_) => Err(truncated("ends in the checksum of a member")),
            Stage::Between | Stage::Padding => Ok(self.bgzf.warning()),
            Stage::Garbage { bytes } => {
                Ok(Some(format!("{bytes} bytes behind the last gzip member: trailing garbage ignored")))
            }
        }
    }

    /// Decodes what is there of a member's data, and takes it off `stored`.
    fn inflate(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8; DECODED_BYTES],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        let progress = self.inflater.push(stored, allowance, decoded, &mut |bytes| {
            self.crc.update(bytes);
            self.decoded_bytes += bytes.len() as u64;
            emit(bytes);
        });
        match progress {
            Ok(Progress::Starved | Progress::Full) => {}
            Ok(Progress::Ended) => self.stage = Stage::Trailer(Vec::with_capacity(TRAILER_BYTES)),
            Err(Invalid) => return Err(corrupt("invalid deflate data")),
        }
        Ok(())
    }

    /// Takes the trailer off `stored`, and checks the member against it once it is whole.
    fn push_trailer(&mut self, stored: &mut &[u8]) -> Result<(), CountError> {
        let Stage::Trailer(trailer) = &mut self.stage else { return Ok(()) };
        let (bytes, rest) = stored.split_at(stored.len().min(TRAILER_BYTES - trailer.len()));
        trailer.extend_from_slice(bytes);
        *stored = rest;
        if let [c0, c1, c2, c3, l0, l1, l2, l3] = trailer[..] {
            if u32::from_le_bytes([c0, c1, c2, c3]) != mem::take(&mut self.crc).finalize() {
                return Err(corrupt("crc mismatch"));
            }
            // The format keeps the length modulo 2^32.
            if u32::from_le_bytes([l0, l1, l2, l3]) != self.decoded_bytes as u32 {
                return Err(corrupt("length mismatch"));
            }
            self.bgzf.end_member(mem::take(&mut self.decoded_bytes));
            self.stage = Stage::Between;
        }
        Ok(())
    }
}

impl Bgzf {
    fn begin_member(&mut self, header: &Header) {
        self.is_member = header.is_bgzf();
        self.is_object.get_or_insert(self.is_member);
    }

    fn end_member(&mut self, decoded_bytes: u64) {
        self.is_ended = self.is_member && decoded_bytes == 0;
    }

    fn warning(&self) -> Option<String> {
        let is_cut = self.is_object == Some(true) && !self.is_ended;
        is_cut.then(|| "no bgzf end marker: the file may be truncated".to_owned())
    }
}

impl Stage {
    /// The stage after a byte behind a member.
    fn behind_member(&self, byte: u8) -> Self {
        match self {
            Self::Between if byte == MAGIC[0] => Self::HalfMagic,
            Self::Between | Self::Padding if byte == 0 => Self::Padding,
            Self::HalfMagic if byte == MAGIC[1] => Self::Header(Header::after_magic()),
            Self::HalfMagic => Self::Garbage { bytes: 2 },
            Self::Between | Self::Padding => Self::Garbage { bytes: 1 },
            Self::Header(_) | Self::Body | Self::Trailer(_) | Self::Garbage { .. } => {
                unreachable!("only what stands behind a member is judged here")
            }
        }
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self {
            stage: Stage::Header(Header::default()),
            inflater: Inflater::default(),
            crc: crc32fast::Hasher::new(),
            decoded_bytes: 0,
            bgzf: Bgzf::default(),
        }
    }
}

impl fmt::Debug for Gzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gzip").field("stage", &self.stage).finish_non_exhaustive()
    }
}

fn corrupt(what: &str) -> CountError {
    CountError::Corrupt(format!("gzip: {what}"))
}

fn truncated(what: &str) -> CountError {
    CountError::Truncated(format!("gzip: {what}"))
}
