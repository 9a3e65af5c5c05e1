//! The boxes' grey: white at nothing, black when done. The one colour that is data.

/// Grey of a fraction: 255 at 0, 0 at 1.
pub fn grey(fraction: f64) -> u8 {
    let dark = (255.0 * fraction.clamp(0.0, 1.0)).round();
    255 - dark as u8
}

/// Background and text colour of a box, as CSS. Contrast is never under 4.5 to 1.
pub fn style(fraction: f64) -> String {
    let grey = grey(fraction);
    let ink = if grey >= 118 { "black" } else { "white" };
    format!("background:rgb({grey},{grey},{grey});color:{ink}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_turns_to_black() {
        assert_eq!(grey(0.0), 255);
        assert_eq!(grey(0.5), 127);
        assert_eq!(grey(1.0), 0);
        assert_eq!(grey(f64::NAN), 255);
        assert_eq!(grey(7.0), 0);
    }

    /// Relative luminance of a grey, as WCAG 2 has it.
    fn luminance(grey: u8) -> f64 {
        let part = f64::from(grey) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    }

    #[test]
    fn text_is_readable_on_every_shade() {
        let mut shades = std::collections::BTreeSet::new();
        for step in 0..=2_550 {
            let fraction = f64::from(step) / 2_550.0;
            let (ground, style) = (luminance(grey(fraction)), style(fraction));
            let ink = if style.ends_with("color:black") { 0.0 } else { 1.0 };
            let contrast = (f64::max(ground, ink) + 0.05) / (f64::min(ground, ink) + 0.05);
            assert!(contrast >= 4.5, "{style}: {contrast:.2} to 1");
            shades.insert(grey(fraction));
        }
        assert_eq!(shades.len(), 256);
    }

    #[test]
    fn no_text_in_a_box_is_fainter_than_its_ink() {
        let rules = include_str!("../../style/boxes.css").split('}');
        for rule in rules.filter(|rule| rule.contains(".box") || rule.contains("[data-box")) {
            let (selector, said) = rule.split_once('{').unwrap();
            let names = said.split(';').filter_map(|each| each.split_once(':')).map(|(name, _)| name.trim());
            for name in names {
                assert!(
                    !["color", "opacity", "filter", "mix-blend-mode"].contains(&name),
                    "{selector}: {name}"
                );
            }
        }
    }

    #[test]
    fn text_stays_readable() {
        assert_eq!(style(0.5), "background:rgb(127,127,127);color:black");
        assert_eq!(style(0.54), "background:rgb(117,117,117);color:white");
    }
}
