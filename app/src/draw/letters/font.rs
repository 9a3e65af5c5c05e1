//! A TrueType font: characters in, widths and outlines out, in units of the font.
//!
//! It reads, by the OpenType specification, what the fonts that come with the program have, and nothing else: `cmap` of
//! format 12, long offsets in `loca`, `hmtx`, `glyf`. Hinting, kerning and variations are left out.

use super::outlines::{self, Contour};
use super::reader::Reader;

/// A font that is part of the program.
pub(super) struct Font {
    /// Units to the em.
    pub(super) units_per_em: f32,
    /// In the order of characters.
    characters: Vec<Characters>,
    outlines: &'static [u8],
    /// The offset of each glyph's outline, four bytes each; the next one's is its end.
    places: &'static [u8],
    /// Four bytes for each glyph.
    widths: &'static [u8],
}

/// Characters that follow each other and have glyphs that do too.
struct Characters {
    first: u32,
    last: u32,
    glyph: u32,
}

impl Font {
    /// `None` where it is no font, or has what is not read here.
    pub(super) fn read(bytes: &'static [u8]) -> Option<Self> {
        let table = |name| table(bytes, name);
        let head = table(b"head")?;
        let has_long_offsets = Reader(head.get(50..)?).u16()? == 1;
        let wide_glyphs = Reader(table(b"hhea")?.get(34..)?).u16()?;
        has_long_offsets.then_some(Self {
            units_per_em: Reader(head.get(18..)?).u16()?.into(),
            characters: characters(table(b"cmap")?)?,
            outlines: table(b"glyf")?,
            places: table(b"loca")?,
            widths: table(b"hmtx")?.get(..4 * usize::from(wide_glyphs))?,
        })
    }

    /// The character's glyph; 0, which is drawn as a box, where the font has none.
    pub(super) fn glyph(&self, character: char) -> u16 {
        let character = u32::from(character);
        let behind = self.characters.partition_point(|characters| characters.first <= character);
        let found = behind.checked_sub(1).map(|at| &self.characters[at]).filter(|at| character <= at.last);
        found.and_then(|found| u16::try_from(found.glyph + (character - found.first)).ok()).unwrap_or(0)
    }

    /// The distance from a glyph's origin to the next one's, in units.
    pub(super) fn advance(&self, glyph: u16) -> f32 {
        let width = self.widths.get(4 * usize::from(glyph)..).and_then(|rest| Reader(rest).u16());
        width.map_or(0.0, f32::from)
    }

    /// A glyph's contours; none for a blank. `None` where the font is damaged there, or has what is not read here.
    pub(super) fn contours(&self, glyph: u16) -> Option<Vec<Contour>> {
        outlines::contours(self.outline(glyph)?, |part| self.outline(part))
    }

    fn outline(&self, glyph: u16) -> Option<Reader> {
        let mut places = Reader(self.places.get(4 * usize::from(glyph)..)?);
        let (begin, end) = (places.u32()?, places.u32()?);
        self.outlines.get(usize::try_from(begin).ok()?..usize::try_from(end).ok()?).map(Reader)
    }
}

/// A table by its name.
fn table(bytes: &'static [u8], name: &[u8; 4]) -> Option<&'static [u8]> {
    let mut directory = Reader(bytes);
    directory.skip(4)?;
    let tables = directory.u16()?;
    directory.skip(6)?;
    for _ in 0..tables {
        let found = directory.take::<4>()?;
        directory.skip(4)?;
        let (begin, length) =
            (usize::try_from(directory.u32()?).ok()?, usize::try_from(directory.u32()?).ok()?);
        if found == *name {
            return bytes.get(begin..begin.checked_add(length)?);
        }
    }
    None
}

/// The groups of the first subtable of format 12.
fn characters(cmap: &'static [u8]) -> Option<Vec<Characters>> {
    let mut header = Reader(cmap);
    header.skip(2)?;
    for _ in 0..header.u16()? {
        header.skip(4)?;
        let mut subtable = Reader(cmap.get(usize::try_from(header.u32()?).ok()?..)?);
        if subtable.u16()? != 12 {
            continue;
        }
        subtable.skip(10)?;
        let groups = subtable.u32()?;
        let group =
            |_| Some(Characters { first: subtable.u32()?, last: subtable.u32()?, glyph: subtable.u32()? });
        return (0..groups).map(group).collect();
    }
    None
}

#[cfg(test)]
mod tests {
    use damascene_fonts_roboto::{ROBOTO_MEDIUM, ROBOTO_REGULAR};

    use super::*;

    #[test]
    fn every_glyph_of_the_programs_fonts_is_read() {
        for bytes in [ROBOTO_REGULAR, ROBOTO_MEDIUM] {
            let font = Font::read(bytes).unwrap();
            let glyphs = u16::try_from(font.places.len() / 4 - 1).unwrap();
            assert_eq!(font.widths.len(), 4 * usize::from(glyphs));
            let blank = (0..glyphs).filter(|&glyph| font.contours(glyph).unwrap().is_empty()).count();
            assert!(glyphs > 3_000 && blank < 30, "{blank} of {glyphs} glyphs are blank");
        }
    }

    #[test]
    fn a_character_has_the_glyph_that_looks_like_it() {
        let font = Font::read(ROBOTO_REGULAR).unwrap();
        let contours = |character| font.contours(font.glyph(character)).unwrap().len();
        assert_eq!([' ', 'l', 'o', 'i', '%'].map(contours), [0, 1, 2, 2, 5]);
        assert_eq!(contours('é'), contours('e') + 1, "an accent is a contour more");
        assert_eq!(['\u{1}', '漢', '\u{10ffff}'].map(|character| font.glyph(character)), [0; 3]);
    }

    #[test]
    fn what_is_no_font_or_cut_off_is_not_read() {
        for length in [0, 3, 11, 12, 200, 5_000] {
            assert!(Font::read(&ROBOTO_REGULAR[..length]).is_none(), "{length} bytes");
        }
    }
}
