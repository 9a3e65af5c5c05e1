//! Colours as the stylesheet gives them.

/// Red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// A colour on the way to another: this one at 0, the other at 1.
    pub fn towards(self, other: Self, part: f64) -> Self {
        let mix =
            |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// The colours and the font of the plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    /// Axis labels.
    pub ink: Colour,
    /// Grid lines.
    pub line: Colour,
    /// Objects that were counted.
    pub counted: Colour,
    /// The most of them on one pixel.
    pub dense: Colour,
    /// Objects that were not counted in full.
    pub failed: Colour,
    /// Objects with nothing to count, or never dispatched.
    pub skipped: Colour,
    /// The font of the labels.
    pub font: String,
    /// The size of the labels, in device pixels.
    pub font_px: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_from_css() {
        assert_eq!(Colour::parse(" #1a2b3c"), Some(Colour(0x1a, 0x2b, 0x3c)));
        assert_eq!(Colour::parse("red"), None);
        assert_eq!(Colour::parse("#12345é"), None);
    }
}
