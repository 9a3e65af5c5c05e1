//! One symbol at a time, where the piece may end at any bit.

use super::Invalid;
use super::bits::Bits;
use super::code::{Codes, Table};
use super::entry::{Entry, Kind};
use super::output::Output;

/// The outcome of decoding the bits that are there.
pub(super) enum Decoded {
    Symbol,
    EndOfBlock,
    /// They are too few for a symbol, and none of them was used.
    Starved,
}

/// Decodes the next symbol, with the distance that belongs to a length.
pub(super) fn decode(bits: &mut Bits, codes: &Codes, output: &mut Output<'_>) -> Result<Decoded, Invalid> {
    let mut ahead = *bits;
    let Some((entry, before)) = look_up(&mut ahead, &codes.literals) else { return Ok(Decoded::Starved) };
    let decoded = match entry.kind() {
        Kind::Literal => {
            output.push(entry.literal());
            Decoded::Symbol
        }
        Kind::Based => {
            let Some((distance, distance_before)) = look_up(&mut ahead, &codes.distances) else {
                return Ok(Decoded::Starved);
            };
            if distance.kind() != Kind::Based {
                return Err(Invalid);
            }
            output.copy(distance.value(distance_before), entry.value(before))?;
            Decoded::Symbol
        }
        Kind::EndOfBlock => Decoded::EndOfBlock,
        Kind::Longer | Kind::Invalid => return Err(Invalid),
    };
    *bits = ahead;
    Ok(decoded)
}

/// The entry of the next codeword, and the bits that begin with it; uses them, and the extra ones. `None` where
/// there are too few.
pub(super) fn look_up<const BITS: u32, const ENTRIES: usize>(
    bits: &mut Bits,
    table: &Table<BITS, ENTRIES>,
) -> Option<(Entry, u64)> {
    let mut entry = table.first(bits.buffer);
    if entry.kind() == Kind::Longer {
        bits.take(BITS)?;
        entry = table.longer(entry, bits.buffer);
    }
    let before = bits.buffer;
    bits.take(entry.used_bits())?;
    Some((entry, before))
}
