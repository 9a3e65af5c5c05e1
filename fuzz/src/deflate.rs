//! Writes deflate streams as instructed: any bytes in, a stream out, most of them whole and good.
//!
//! Mutating a stream hardly ever gives another one with codes of its own. What is written here has codes of every
//! shape, matches of every length and distance, and, where the instructions ask for it, one fault.

mod bits;
mod code;
mod writer;

use writer::Writer;

use crate::chance::Chance;

/// The instructions that are left.
struct Instructions<'a>(&'a [u8]);

impl Instructions<'_> {
    /// The next number; 0 where there is none.
    fn next(&mut self) -> usize {
        self.0.split_off_first().copied().unwrap_or(0).into()
    }
}

/// The fault that a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Matches may reach before the start, and symbols without a meaning may occur.
    Reach,
    /// A code has too few codewords or too many.
    Code,
    /// A bit is turned over.
    Bit,
}

/// Writes the stream that these bytes ask for. Behind it stand those of them that are left over.
pub fn stream(instructions: &[u8]) -> Vec<u8> {
    let mut chance = Chance::of(instructions);
    let mut from = Instructions(instructions);
    let fault = match from.next() {
        0..200 => Fault::None,
        200..220 => Fault::Reach,
        220..240 => Fault::Code,
        _ => Fault::Bit,
    };
    let mut writer = Writer::new(fault);
    loop {
        let kind = from.next();
        let is_last = from.0.is_empty() || kind >= 220;
        writer.bits.put(usize::from(is_last), 1);
        match kind % 4 {
            0 => writer.stored(&mut from, &mut chance),
            1 => writer.fixed(&mut from, &mut chance),
            _ => writer.dynamic(&mut from, &mut chance),
        }
        if is_last {
            break;
        }
    }
    let mut stream = writer.bits.into_bytes();
    if fault == Fault::Bit {
        let at = chance.below(stream.len());
        stream[at] ^= 1 << chance.below(8);
    }
    stream.extend_from_slice(from.0);
    stream
}
