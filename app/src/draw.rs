//! The scatter plot: ledger rows in, pixels out.
//!
//! Three layers: plotters draws axes and grid, points are stored as a density of each pixel, the hover ring
//! lies on top.
//! Geometry is pure and runs anywhere; only `plot` knows a browser.

#[cfg(feature = "ssr")]
pub mod caption;
pub mod cloud;
pub mod density;
pub mod frame;
pub mod gesture;
pub mod grid;
mod layer;
pub mod lens;
#[cfg(feature = "ssr")]
pub mod letters;
#[cfg(feature = "ssr")]
pub mod markup;
pub mod measure;
pub mod palette;
#[cfg(feature = "ssr")]
pub mod picture;
#[cfg(feature = "ssr")]
pub mod pixels;
#[cfg(feature = "hydrate")]
pub mod plot;
pub mod projection;
pub mod scale;
#[cfg(feature = "ssr")]
pub mod sheet;
pub mod stamp;
#[cfg(feature = "ssr")]
pub mod still;
pub mod timeline;
pub mod tone;
pub mod view;
pub mod walk;
pub mod wheel;
