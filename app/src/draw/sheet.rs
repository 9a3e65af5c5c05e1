//! The page's styles of the plot, for pictures that stand without the page.
//!
//! The colours are defined once, in `style/values.css`; a still plot repeats the rules of `style/plot.css`
//! with the values put in.

use crate::draw::palette::{Colour, Palette};

const VALUES: &str = include_str!("../../../style/values.css");
const RULES: &str = include_str!("../../../style/plot.css");

/// The colours of a light theme, or of a dark one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The colours of a theme, with a font of this size.
pub fn palette(theme: Theme, font_px: f64) -> Palette {
    let colour = |name: &str| Colour::parse(value(theme, name)).unwrap_or_default();
    Palette {
        ink: colour("plot-ink"),
        line: colour("plot-line"),
        counted: colour("plot-counted"),
        dense: colour("plot-dense"),
        failed: colour("plot-failed"),
        skipped: colour("plot-skipped"),
        font: "sans-serif".to_owned(),
        font_px,
    }
}

/// The ground that the plot lies on.
pub fn paper() -> Colour {
    Colour::parse(value(Theme::Light, "paper")).unwrap_or_default()
}

/// The colour that stands out from the rest.
pub fn ink() -> Colour {
    Colour::parse(value(Theme::Light, "ink")).unwrap_or_default()
}

/// The rules of a still plot's parts for both themes, with nothing left to look up.
pub fn rules() -> String {
    let rules_in = |theme, indent: &str| {
        let rules = RULES.lines().filter_map(|line| line.strip_prefix(indent));
        let of_parts = rules.filter(|rule| rule.starts_with(".still ") && !rule.starts_with(".still {"));
        of_parts.map(|rule| filled(theme, rule)).collect::<String>()
    };
    let (light, dark) = (rules_in(Theme::Light, ""), rules_in(Theme::Dark, ""));
    format!("{light}@media (prefers-color-scheme:dark){{{dark}{}}}", rules_in(Theme::Dark, "  "))
}

/// A rule with values instead of their names.
fn filled(theme: Theme, rule: &str) -> String {
    let mut parts = rule.split("var(--");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(')').unwrap_or((part, ""));
        text.push_str(value(theme, name));
        text.push_str(rest);
    }
    text
}

/// The value of a custom property; a dark theme falls back to the light one's.
fn value(theme: Theme, name: &str) -> &'static str {
    let (light, dark) = VALUES.split_once("(prefers-color-scheme: dark)").unwrap_or((VALUES, ""));
    let dark = dark.split_once("\n}").map_or("", |(block, _)| block);
    let find = |block: &'static str| {
        let named =
            |line: &'static str| line.trim().strip_prefix("--")?.strip_prefix(name)?.strip_prefix(": ");
        block.lines().find_map(named).map(|value| value.trim_end_matches(';'))
    };
    let found = match theme {
        Theme::Light => None,
        Theme::Dark => find(dark),
    };
    found.or_else(|| find(light)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_have_their_own_colours() {
        let (light, dark) = (palette(Theme::Light, 12.0), palette(Theme::Dark, 12.0));
        assert_eq!((light.counted, dark.counted), (Colour(0x0b, 0x5f, 0xad), Colour(0x7c, 0xb7, 0xf0)));
        assert_eq!((light.failed, dark.failed), (Colour(0xc0, 0x28, 0x1f), Colour(0xff, 0x7d, 0x72)));
        for (in_light, in_dark) in
            [(light.ink, dark.ink), (light.dense, dark.dense), (light.skipped, dark.skipped)]
        {
            assert!(in_light != in_dark && in_light != Colour::default() && in_dark != Colour::default());
        }
        assert_eq!(paper(), Colour(255, 255, 255));
    }

    #[test]
    fn rules_need_nothing_from_the_page() {
        let rules = rules();
        assert!(!rules.contains("var(") && !rules.contains("--"), "{rules}");
        assert!(rules.contains(".still circle { fill: #0b5fad;"), "{rules}");
        let (_, dark) = rules.split_once("@media (prefers-color-scheme:dark){").unwrap();
        assert!(dark.contains(".still circle { fill: #7cb7f0;") && dark.contains("filter:"), "{rules}");
        assert_eq!(rules.matches('{').count(), rules.matches('}').count());
        assert!(!rules.contains(['<', '&']) && !rules.contains("min-width"), "{rules}");
    }
}
