//! Short streams: one block of few symbols, decoded where it lies.
//!
//! A stream that does not lie whole in what was pushed, has more than is taken for short, or is odd in any way, is left to
//! the library, which judges it. What is decoded here has the checksums that it should have.

use super::{BLOCK_MAGIC, END_MAGIC, MAGIC, crc};

/// Symbols of a block that is short, as they stand before runs are written out.
const SYMBOLS_MAX: usize = 16 * 1024;

/// A stream of so much text is taken for short, and the one behind it for as short.
pub(super) const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Charged for each short stream: building its tables takes about as long as decoding so many bytes.
pub(super) const CHARGE_BYTES: usize = 4 * 1024;

/// Symbols that are decoded by one table.
const GROUP_SYMBOLS: usize = 50;

const TABLES_MAX: usize = 6;
const CODE_BITS_MAX: usize = 20;
/// The two digits of a run, the positions of all bytes but the first, and the end of the block.
const ALPHABET_MAX: usize = 258;

/// The digits of the length of a run.
const RUN_A: u16 = 0;
const RUN_B: u16 = 1;

/// So many equal bytes are followed by how many more there are.
const REPEATED: usize = 4;

/// A decoder of short streams, with the memory that it uses over and over.
pub(super) struct Short {
    /// The byte at each position of a sorted block, and above it, once linked, the position of the next byte.
    links: Vec<u32>,
    tables: [Table; TABLES_MAX],
}

/// The outcome of decoding.
pub(super) struct Made {
    pub(super) read_bytes: usize,
    pub(super) decoded_bytes: usize,
}

/// A canonical code.
#[derive(Clone, Copy)]
struct Table {
    /// Symbols in the order of their codewords.
    symbols: [u16; ALPHABET_MAX],
    /// How many codewords have each length.
    counts: [u16; CODE_BITS_MAX + 1],
}

impl Short {
    /// Decodes the stream that `stored` begins with.
    pub(super) fn decode(&mut self, stored: &[u8], decoded: &mut [u8]) -> Option<Made> {
        let [b'1'..=b'9', behind @ ..] = stored.strip_prefix(MAGIC)? else { return None };
        let mut bits = Bits { bytes: behind.strip_prefix(&BLOCK_MAGIC)?, buffer: 0, count: 0 };
        let crc = bits.take(32)?;
        let is_randomised = bits.take(1)? == 1;
        let origin = bits.take(24)? as usize;
        if is_randomised {
            return None;
        }
        self.read_symbols(&mut bits)?;
        let is_end = END_MAGIC.iter().all(|&byte| bits.take(8) == Some(u32::from(byte)));
        // One block's checksum is that of the stream.
        if !is_end || bits.take(32)? != crc {
            return None;
        }
        let decoded_bytes = self.write(origin, decoded)?;
        if crc::of(&decoded[..decoded_bytes]) != crc {
            return None;
        }
        Some(Made { read_bytes: stored.len() - bits.bytes.len(), decoded_bytes })
    }

    /// Reads a block as far as its sorted bytes.
    fn read_symbols(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let (mut recent, bytes_used) = read_alphabet(bits)?;
        let alphabet = bytes_used + 2;
        let tables = bits.take(3)? as usize;
        let selectors = self.read_selectors(bits, tables)?;
        for table in &mut self.tables[..tables] {
            table.read(bits, alphabet)?;
        }
        let end = alphabet as u16 - 1;
        self.links.clear();
        let (mut run, mut digit) = (0, 1);
        for selector in selectors {
            let table = &self.tables[selector];
            for _ in 0..GROUP_SYMBOLS {
                let symbol = table.next(bits)?;
                if symbol == RUN_A || symbol == RUN_B {
                    run += digit << symbol;
                    digit <<= 1;
                    if run > SYMBOLS_MAX {
                        return None;
                    }
                    continue;
                }
                self.links.extend(std::iter::repeat_n(u32::from(recent[0]), run));
                (run, digit) = (0, 1);
                if symbol == end {
                    return (self.links.len() <= SYMBOLS_MAX).then_some(());
                }
                let at = usize::from(symbol) - 1;
                recent[..=at].rotate_right(1);
                self.links.push(u32::from(recent[0]));
                if self.links.len() > SYMBOLS_MAX {
                    return None;
                }
            }
        }
        None
    }

    /// The table of each group of symbols.
    fn read_selectors(&self, bits: &mut Bits<'_>, tables: usize) -> Option<Vec<usize>> {
        let count = bits.take(15)? as usize;
        if !(2..=TABLES_MAX).contains(&tables) || !(1..=SYMBOLS_MAX / GROUP_SYMBOLS + 1).contains(&count) {
            return None;
        }
        let mut recent = [0, 1, 2, 3, 4, 5];
        let mut selectors = Vec::with_capacity(count);
        for _ in 0..count {
            let mut at = 0;
            while bits.take(1)? == 1 {
                at += 1;
                if at == tables {
                    return None;
                }
            }
            recent[..=at].rotate_right(1);
            selectors.push(recent[0]);
        }
        Some(selectors)
    }

    /// Unsorts the block, and writes it with its runs.
    fn write(&mut self, origin: usize, decoded: &mut [u8]) -> Option<usize> {
        let mut places = [0u32; 256];
        for &byte in &self.links {
            places[byte as usize] += 1;
        }
        let mut begin = 0;
        for place in &mut places {
            begin += std::mem::replace(place, begin);
        }
        for at in 0..self.links.len() {
            let place = &mut places[(self.links[at] & 0xff) as usize];
            self.links[*place as usize] |= (at as u32) << 8;
            *place += 1;
        }
        let mut link = self.links.get(origin)? >> 8;
        let (mut end, mut equal, mut last) = (0, 0, None);
        for _ in 0..self.links.len() {
            let entry = self.links[link as usize];
            let byte = entry as u8;
            link = entry >> 8;
            if equal == REPEATED {
                decoded.get_mut(end..end + usize::from(byte))?.fill(last?);
                end += usize::from(byte);
                (equal, last) = (0, None);
                continue;
            }
            *decoded.get_mut(end)? = byte;
            end += 1;
            equal = if last == Some(byte) { equal + 1 } else { 1 };
            last = Some(byte);
        }
        Some(end)
    }
}

impl Table {
    /// Reads the lengths of a code's words, each sent as its difference from the one before.
    fn read(&mut self, bits: &mut Bits<'_>, alphabet: usize) -> Option<()> {
        let mut lengths = [0u8; ALPHABET_MAX];
        let mut length = bits.take(5)?;
        for stored in &mut lengths[..alphabet] {
            loop {
                if !(1..=CODE_BITS_MAX as u32).contains(&length) {
                    return None;
                }
                if bits.take(1)? == 0 {
                    break;
                }
                length = if bits.take(1)? == 0 { length + 1 } else { length - 1 };
            }
            *stored = length as u8;
        }
        self.counts = [0; _];
        for &length in &lengths[..alphabet] {
            self.counts[usize::from(length)] += 1;
        }
        let mut places = [0; CODE_BITS_MAX + 2];
        for bits in 1..=CODE_BITS_MAX {
            places[bits + 1] = places[bits] + usize::from(self.counts[bits]);
        }
        for (symbol, &length) in lengths[..alphabet].iter().enumerate() {
            let place = &mut places[usize::from(length)];
            self.symbols[*place] = symbol as u16;
            *place += 1;
        }
        Some(())
    }

    /// The next symbol.
    fn next(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let (mut word, mut first, mut before) = (0, 0, 0);
        for &count in &self.counts[1..] {
            let count = u32::from(count);
            word = word << 1 | bits.take(1)?;
            if word < first + count {
                // Of a code with too many words, the first ones of a length come before it is full.
                return word.checked_sub(first).map(|at| self.symbols[(before + at) as usize]);
            }
            before += count;
            first = (first + count) << 1;
        }
        None
    }
}

/// The bytes that a block uses, in their order, and how many they are.
fn read_alphabet(bits: &mut Bits<'_>) -> Option<([u8; 256], usize)> {
    let mut bytes = [0; 256];
    let mut used = 0;
    let ranges = bits.take(16)?;
    for high in (0..16u8).filter(|high| ranges >> (15 - high) & 1 == 1) {
        let range = bits.take(16)?;
        for low in (0..16u8).filter(|low| range >> (15 - low) & 1 == 1) {
            bytes[used] = high << 4 | low;
            used += 1;
        }
    }
    (used > 0).then_some((bytes, used))
}

/// Bits of a stream, the highest of each byte first.
struct Bits<'a> {
    /// Bytes that are not read yet.
    bytes: &'a [u8],
    /// The last bits that were read; the lowest `count` are not used.
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    /// Uses the next bits, at most 32, if that many are there.
    fn take(&mut self, bits: u32) -> Option<u32> {
        while self.count < bits {
            self.buffer = self.buffer << 8 | u64::from(*self.bytes.split_off_first()?);
            self.count += 8;
        }
        self.count -= bits;
        Some((self.buffer >> self.count & ((1 << bits) - 1)) as u32)
    }
}

impl Default for Short {
    fn default() -> Self {
        let table = Table { symbols: [0; _], counts: [0; _] };
        Self { links: Vec::new(), tables: [table; _] }
    }
}
