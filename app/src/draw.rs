//! The scatter plot: ledger rows in, pixels out.
//!
//! Three layers: plotters draws axes and grid, points are set as retained pixels, the hover ring lies on top.
//! Geometry is pure and runs anywhere; only `plot` knows a browser.

pub mod frame;
pub mod grid;
pub mod measure;
pub mod palette;
pub mod pixels;
#[cfg(feature = "hydrate")]
pub mod plot;
pub mod projection;
pub mod scale;
#[cfg(feature = "ssr")]
pub mod still;
