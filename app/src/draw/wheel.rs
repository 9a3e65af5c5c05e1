//! The meaning of a wheel's turn: how far, and how many times as large.

/// Pixels that a line, and a page, of a wheel that counts in them is worth.
const LINE_PIXELS: f64 = 20.0;
const PAGE_PIXELS: f64 = 400.0;
/// Pixels of a wheel after which what is shown is twice as large. A trackpad's pinch comes as a wheel of few pixels.
const DOUBLING_PIXELS: f64 = 400.0;
const DOUBLING_PINCHED_PIXELS: f64 = 60.0;
/// One event of a wheel makes nothing larger than so many times.
const STEP_MAX: f64 = 2.0;

/// The unit of a wheel's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WheelUnit {
    /// Pixels.
    Pixel,
    /// Lines of text.
    Line,
    /// Pages.
    Page,
}

/// How far a wheel was turned, in pixels.
pub fn wheel_pixels(turned: f64, unit: WheelUnit) -> f64 {
    match unit {
        WheelUnit::Pixel => turned,
        WheelUnit::Line => turned * LINE_PIXELS,
        WheelUnit::Page => turned * PAGE_PIXELS,
    }
}

/// How many times as large a wheel makes what is shown; `pinched` where it is a trackpad's pinch.
pub fn wheel_factor(pixels: f64, pinched: bool) -> f64 {
    // A mouse's wheel with Ctrl held comes as a pinch does, but in large steps.
    let is_fine = pinched && pixels.abs() < DOUBLING_PINCHED_PIXELS;
    let doubling = if is_fine { DOUBLING_PINCHED_PIXELS } else { DOUBLING_PIXELS };
    2f64.powf(-pixels / doubling).clamp(1.0 / STEP_MAX, STEP_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wheel(turned: f64, unit: WheelUnit, pinched: bool, expected: f64) {
        let factor = wheel_factor(wheel_pixels(turned, unit), pinched);
        assert!((factor - expected).abs() < 1e-9, "{factor}");
    }

    #[test]
    fn a_wheel_stretches_by_what_it_is_turned() {
        check_wheel(0.0, WheelUnit::Pixel, false, 1.0);
        check_wheel(-400.0, WheelUnit::Pixel, false, 2.0);
        check_wheel(200.0, WheelUnit::Pixel, false, 0.5f64.sqrt());
        check_wheel(-10.0, WheelUnit::Line, false, 2f64.sqrt());
        check_wheel(9.0, WheelUnit::Page, false, 0.5);
        check_wheel(-30.0, WheelUnit::Pixel, true, 2f64.sqrt());
        check_wheel(-200.0, WheelUnit::Pixel, true, 2f64.sqrt());
    }
}
