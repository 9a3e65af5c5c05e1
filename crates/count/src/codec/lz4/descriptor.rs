//! The header of an lz4 frame.

use twox_hash::XxHash32;

use super::{BLOCK_BYTES_MAX, corrupt};
use crate::error::CountError;

/// The part of a known length, which says how long the rest is.
pub(super) const FLAGS_BYTES: usize = 2;

const VERSION: u8 = 0b01 << 6;
const VERSION_MASK: u8 = 0b11 << 6;
const INDEPENDENT: u8 = 1 << 5;
const BLOCK_CHECKSUM: u8 = 1 << 4;
const CONTENT_BYTES: u8 = 1 << 3;
const CONTENT_CHECKSUM: u8 = 1 << 2;
const RESERVED: u8 = 1 << 1;
const DICTIONARY: u8 = 1;

/// A header that was checked.
#[derive(Clone, Debug)]
pub(super) struct Descriptor {
    pub(super) blocks: Blocks,
    pub(super) block_bytes_max: usize,
    pub(super) block_checksum: Checksum,
    pub(super) content_bytes: Option<u64>,
    pub(super) content_checksum: Checksum,
}

/// Whether a block may repeat what stands in those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocks {
    Independent,
    Linked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Present,
    Absent,
}

/// How many bytes follow these flags.
pub(super) fn rest_bytes([flags, _]: [u8; FLAGS_BYTES]) -> usize {
    let length = if flags & CONTENT_BYTES != 0 { 8 } else { 0 };
    let dictionary = if flags & DICTIONARY != 0 { 4 } else { 0 };
    length + dictionary + 1
}

impl Descriptor {
    /// Reads a header, given in the two parts in which it comes.
    pub(super) fn new(flags: [u8; FLAGS_BYTES], rest: &[u8]) -> Result<Self, CountError> {
        let (checksum, numbers) = rest.split_last().expect("a header ends with its checksum");
        if *checksum != (XxHash32::oneshot(0, &[&flags, numbers].concat()) >> 8) as u8 {
            return Err(corrupt("checksum mismatch of a header"));
        }
        let [flags, block] = flags;
        if flags & VERSION_MASK != VERSION || flags & RESERVED != 0 {
            return Err(corrupt("unknown version or flags"));
        }
        if flags & DICTIONARY != 0 {
            return Err(CountError::Unsupported(
                "lz4: needs a dictionary, and none is known here".to_owned(),
            ));
        }
        Ok(Self {
            blocks: if flags & INDEPENDENT != 0 { Blocks::Independent } else { Blocks::Linked },
            block_bytes_max: block_bytes_max(block)?,
            block_checksum: checksum_of(flags & BLOCK_CHECKSUM),
            content_bytes: numbers.try_into().ok().map(u64::from_le_bytes),
            content_checksum: checksum_of(flags & CONTENT_CHECKSUM),
        })
    }
}

impl Default for Descriptor {
    fn default() -> Self {
        Self {
            blocks: Blocks::Independent,
            block_bytes_max: 0,
            block_checksum: Checksum::Absent,
            content_bytes: None,
            content_checksum: Checksum::Absent,
        }
    }
}

fn block_bytes_max(byte: u8) -> Result<usize, CountError> {
    match byte {
        0x40 => Ok(64 << 10),
        0x50 => Ok(256 << 10),
        0x60 => Ok(1 << 20),
        0x70 => Ok(BLOCK_BYTES_MAX),
        _ => Err(corrupt("unknown block size")),
    }
}

fn checksum_of(flag: u8) -> Checksum {
    if flag != 0 { Checksum::Present } else { Checksum::Absent }
}
