//! A visitor's view: which axes, which part of them, and which object is chosen. Links carry it.
//!
//! Text of an address comes in, a view that can be drawn goes out: what is odd there falls back to the default.

use crate::draw::measure::Measure;
use crate::draw::scale::Division;

/// The fields of an address that are a view's.
const FIELDS: [&str; 8] = ["x", "y", "scale", "point", "x0", "x1", "y0", "y1"];

/// No axis begins or ends beyond.
const VALUE_MAX: f64 = 1e20;

/// No part of an axis is narrower than 1 and than this share of its end.
const NARROWEST: f64 = 1e-4;

/// The measures that the plot shows of each object, and the division of its axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    /// From left to right.
    pub x: Measure,
    /// From bottom to top.
    pub y: Measure,
    /// How both are divided.
    pub division: Division,
}

impl Default for Axes {
    fn default() -> Self {
        Self { x: Measure::BytesIn, y: Measure::Words, division: Division::default() }
    }
}

/// A part of an axis.
///
/// - Both ends are finite and not negative.
/// - The end is at least 1 above the beginning, or a ten-thousandth of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    low: f64,
    high: f64,
}

impl Window {
    /// The part between two values; `None` where there is nothing between them to show.
    pub fn new(low: f64, high: f64) -> Option<Self> {
        let wide = high - low >= 1.0 || high - low >= high * NARROWEST;
        let valid = low >= 0.0 && high <= VALUE_MAX && high > low && wide;
        valid.then_some(Self { low, high })
    }

    /// Where it begins and ends.
    pub fn ends(self) -> (f64, f64) {
        (self.low, self.high)
    }
}

/// A look at a run's plot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View {
    /// The axes.
    pub axes: Axes,
    /// The part of the axis from left to right; all values where there is none.
    pub x: Option<Window>,
    /// The part of the axis from bottom to top.
    pub y: Option<Window>,
    /// The number of the chosen object's row, in order of settling.
    pub point: Option<u64>,
}

impl View {
    /// Reads a view from the fields of an address.
    pub fn read(field: impl Fn(&str) -> Option<String>) -> Self {
        let measure = |name: &str| Measure::named(&field(name)?);
        let number = |name: &str| field(name)?.parse::<f64>().ok();
        let window = |low: &str, high: &str| Window::new(number(low)?, number(high)?);
        let axes = Axes::default();
        Self {
            axes: Axes {
                x: measure("x").unwrap_or(axes.x),
                y: measure("y").unwrap_or(axes.y),
                division: field("scale").and_then(|name| Division::named(&name)).unwrap_or_default(),
            },
            x: window("x0", "x1"),
            y: window("y0", "y1"),
            point: field("point").and_then(|number| number.parse().ok()),
        }
    }

    /// Shows another measure from left to right, all of it.
    pub fn set_across(&mut self, measure: Measure) {
        self.axes.x = measure;
        self.x = None;
    }

    /// Shows another measure from bottom to top, all of it.
    pub fn set_up(&mut self, measure: Measure) {
        self.axes.y = measure;
        self.y = None;
    }

    /// The view as an address ends with it: empty for the default one, else from its `?` on.
    pub fn query(&self) -> String {
        self.query_beside("")
    }

    /// The same, after what an address held already and is not a view's; `query` may begin with its `?`.
    pub fn query_beside(&self, query: &str) -> String {
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        let others = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let others = others.filter(|pair| !FIELDS.contains(&name(pair).as_str())).map(str::to_owned);
        let pairs: Vec<String> = others.chain(self.pairs()).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn pairs(&self) -> Vec<String> {
        let default = Axes::default();
        let mut pairs = Vec::new();
        if self.axes.x != default.x {
            pairs.push(format!("x={}", self.axes.x.name()));
        }
        if self.axes.y != default.y {
            pairs.push(format!("y={}", self.axes.y.name()));
        }
        if self.axes.division != default.division {
            pairs.push(format!("scale={}", self.axes.division.name()));
        }
        for (axis, window) in [("x", self.x), ("y", self.y)] {
            if let Some(Window { low, high }) = window {
                pairs.push(format!("{axis}0={low}&{axis}1={high}"));
            }
        }
        pairs.extend(self.point.map(|number| format!("point={number}")));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> View {
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        View::read(|name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[track_caller]
    fn check(query: &str, expected: &str) {
        let view = read(query);
        assert_eq!(view.query(), expected);
        assert_eq!(read(expected.trim_start_matches('?')), view);
    }

    #[test]
    fn a_view_is_read_and_written_alike() {
        check("", "");
        check("x=lines&y=duration_ms&scale=linear", "?x=lines&y=duration_ms&scale=linear");
        check("x=bytes_in&y=words&scale=log", "");
        check("point=7&x0=0&x1=1000.5&y0=10&y1=20", "?x0=0&x1=1000.5&y0=10&y1=20&point=7");
        check("point=18446744073709551615", "?point=18446744073709551615");
    }

    #[test]
    fn odd_values_fall_back() {
        check("x=keys&y=&scale=cubic&point=-1", "");
        check("point=18446744073709551616", "");
        check("x0=5&x1=5", "");
        check("x0=9&x1=1&y0=1", "");
        check("x0=nan&x1=inf&y0=-1&y1=9", "");
        check("x0=1e300&x1=1e301", "");
        check("x0=10000000000000000000&x1=10000000000000000001", "");
        check("y0=0&y1=1e19", "?y0=0&y1=10000000000000000000");
        check("y0=0.25&y1=0.5", "?y0=0.25&y1=0.5");
        check("y0=0.25&y1=0.25001", "");
    }

    #[test]
    fn another_measure_is_shown_whole() {
        let mut view = read("x0=1&x1=9&y0=1&y1=9&point=3");
        view.set_across(Measure::Lines);
        assert_eq!(view.query(), "?x=lines&y0=1&y1=9&point=3");
        view.set_up(Measure::Lines);
        assert_eq!(view.query(), "?x=lines&y=lines&point=3");
    }

    #[test]
    fn what_an_address_held_besides_is_kept() {
        let view = View { point: Some(3), ..View::default() };
        assert_eq!(view.query_beside("?run=ab&x=words&point=9&&y0"), "?run=ab&point=3");
        assert_eq!(View::default().query_beside("?x=words"), "");
    }
}
