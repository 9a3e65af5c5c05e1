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

    #[test]
    fn text_stays_readable() {
        assert_eq!(style(0.5), "background:rgb(127,127,127);color:black");
        assert_eq!(style(0.54), "background:rgb(117,117,117);color:white");
    }
}
