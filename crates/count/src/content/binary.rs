//! Bytes that no text has, whatever its encoding of a byte a character and whatever delimits its fields.

/// Why a block is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    /// It has NUL bytes, by which git and grep go.
    Nul,
    /// It has many control characters that neither terminals nor printers are sent.
    Controls,
}

/// So many control characters are odd, and not many, in the shortest text too.
const FEW: usize = 3;

/// So many different ones may delimit the fields of a text.
const DELIMITERS: u32 = 4;

impl Binary {
    /// Why this block is no text; `None` where it may be one. A NUL is enough. Control characters are a sign
    /// where they are more than half of the bytes, or of more kinds than a text has delimiters and more than
    /// one byte in 32: compressed or encrypted data has one in 12 bytes.
    pub(super) fn of(block: &[u8]) -> Option<Self> {
        // Nearly all blocks are text without any, which a loop over vectors shows.
        if block.iter().fold(0, |any, &byte| any | u8::from(is_odd(byte))) == 0 {
            return None;
        }
        let odd = || block.iter().filter(|&&byte| is_odd(byte));
        let controls = odd().count();
        let kinds = odd().fold(0u32, |kinds, byte| kinds | 1 << byte);
        if kinds & 1 << b'\0' != 0 {
            return Some(Self::Nul);
        }
        let is_dense = controls * 2 > block.len();
        let is_mixed = kinds.count_ones() > DELIMITERS && controls * 32 > block.len();
        (controls > FEW && (is_dense || is_mixed)).then_some(Self::Controls)
    }
}

/// Control characters, but for bell, backspace, blanks, the end of a DOS file, escape and delete.
fn is_odd(byte: u8) -> bool {
    (byte < 7) | (byte.wrapping_sub(14) < 12) | (byte.wrapping_sub(28) < 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &[u8], expected: Option<Binary>) {
        assert_eq!(Binary::of(block), expected, "{}", block.escape_ascii());
    }

    /// Numbers without a pattern.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[test]
    fn a_nul_is_no_text() {
        check(b"\0", Some(Binary::Nul));
        check(b"a long line of text with one \0 in it\n", Some(Binary::Nul));
        check(b"a\0 \0b\0\n\0", Some(Binary::Nul));
    }

    #[test]
    fn many_control_characters_are_no_text() {
        let without_nul: Vec<u8> = noise(2_000).into_iter().filter(|&byte| byte != 0).collect();
        for bytes in [200, 500, 1_900] {
            check(&without_nul[..bytes], Some(Binary::Controls));
        }
        check(b"\x01\x02\x01\x02", Some(Binary::Controls));
        check(&b"a\x06\x05".repeat(100), Some(Binary::Controls));
    }

    #[test]
    fn logs_and_tables_of_all_kinds_are_text() {
        check(b"", None);
        check(b"\x01", None);
        check("2026-11-25T20:45:00Z INFO naïve café, 日本語, 😀\r\n".as_bytes(), None);
        check("\u{feff}a BOM\n".as_bytes(), None);
        check(b"\x1b[1;31mERROR\x1b[0m \x1b]0;title\x07\x1b(B\x0e\x0f done\x08\x08\x08 \n", None);
        check(b"page one\n\x0cpage two\n\x0b\x0c\x1a", None);
        check(&b"caf\xe9 na\xefve \x80 d\xe9j\xe0 vu\n".repeat(100), None);
        check(&(0xc0..=0xff).collect::<Vec<u8>>(), None);
        check(&(0x80..=0x9f).chain(*b" C1 controls\n").collect::<Vec<u8>>(), None);
        check(&b"8=FIX.4.4\x019=148\x0135=D\x0134=1080\x0110=092\x01".repeat(100), None);
        check(&b"1\x01abc\x02def\x02ghi\x03x\x01\\N\n".repeat(100), None);
        check(&b"a\x1fb\x1fc\x1ed\x1fe\x1d\x1c\n".repeat(100), None);
        check(
            &[&b"a line of a log\n".repeat(100)[..], b"\x01\x02\x03\x04\x05\x06\x0e\x10\x11\x7f"].concat(),
            None,
        );
        check(&b"$B%F%9%H\x1b(B \x1b$B\x1b(B\n".repeat(10), None);
        check(&b"\x83\x65\x83\x58\x83\x67 \x93\xfa\x96\x7b\x8c\xea\n".repeat(10), None);
    }
}
