//! The header of a gzip member: read a byte at a time, never stored, checked as far as it can be.

use super::{MAGIC, corrupt};
use crate::error::CountError;

const METHOD_DEFLATE: u8 = 8;

const HAS_CRC: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Where the method and the flags stand in the fixed part, and how long it is.
const METHOD_AT: usize = 2;
const FLAGS_AT: usize = 3;
const FIXED_BYTES: usize = 10;

/// The extra field of a BGZF member: one subfield, its name and its length, before the member's own length in 2 bytes.
const BGZF_EXTRA: [u8; 4] = *b"BC\x02\0";
const BGZF_EXTRA_BYTES: u16 = 6;

/// The parts that a flag announces.
const ANNOUNCED: [(Part, u8); 4] = [
    (Part::ExtraLength, HAS_EXTRA),
    (Part::Name, HAS_NAME),
    (Part::Comment, HAS_COMMENT),
    (Part::Crc, HAS_CRC),
];

/// A header of which the beginning is read.
#[derive(Debug, Default)]
pub(super) struct Header {
    part: Part,
    /// Bytes read of this part.
    at: usize,
    /// The number that this part spells, or the length of the extra field.
    number: u16,
    flags: u8,
    /// Bytes of the extra field that are those of a BGZF member, at their positions.
    bgzf_bytes: usize,
    crc: crc32fast::Hasher,
}

/// The parts of a header, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
enum Part {
    #[default]
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Crc,
    End,
}

impl Header {
    /// A header of which the magic is read.
    pub(super) fn after_magic() -> Self {
        let mut header = Self { at: MAGIC.len(), ..Self::default() };
        header.crc.update(&MAGIC);
        header
    }

    /// Whether the member is one of BGZF, by the extra field, as htslib decides it.
    pub(super) fn is_bgzf(&self) -> bool {
        self.bgzf_bytes == BGZF_EXTRA.len()
    }

    /// Reads the next byte, and returns whether it was the last.
    pub(super) fn push(&mut self, byte: u8) -> Result<bool, CountError> {
        let is_last_of_part = match self.part {
            Part::Fixed => {
                self.check_fixed(byte)?;
                self.at + 1 == FIXED_BYTES
            }
            Part::ExtraLength | Part::Crc => {
                self.number |= u16::from(byte) << (8 * self.at);
                self.at == 1
            }
            Part::Extra => {
                if self.number == BGZF_EXTRA_BYTES && BGZF_EXTRA.get(self.at) == Some(&byte) {
                    self.bgzf_bytes += 1;
                }
                self.at + 1 == usize::from(self.number)
            }
            Part::Name | Part::Comment => byte == 0,
            Part::End => true,
        };
        self.at += 1;
        if self.part < Part::Crc {
            self.crc.update(&[byte]);
        }
        if is_last_of_part {
            self.check_crc()?;
            self.begin_next_part();
        }
        Ok(self.part == Part::End)
    }

    fn check_fixed(&mut self, byte: u8) -> Result<(), CountError> {
        if self.at == METHOD_AT && byte != METHOD_DEFLATE {
            return Err(corrupt("unknown compression method"));
        }
        if self.at == FLAGS_AT {
            self.flags = byte;
            if byte & RESERVED != 0 {
                return Err(corrupt("reserved flags set"));
            }
        }
        Ok(())
    }

    /// The format keeps the lower half of the CRC-32.
    fn check_crc(&self) -> Result<(), CountError> {
        if self.part == Part::Crc && self.number != self.crc.clone().finalize() as u16 {
            return Err(corrupt("header crc mismatch"));
        }
        Ok(())
    }

    fn begin_next_part(&mut self) {
        self.at = 0;
        if self.part == Part::ExtraLength && self.number > 0 {
            self.part = Part::Extra;
            return;
        }
        self.number = 0;
        let next = ANNOUNCED.iter().find(|(part, flag)| *part > self.part && self.flags & flag != 0);
        self.part = next.map_or(Part::End, |(part, _)| *part);
    }
}
