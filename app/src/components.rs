//! The parts that pages are made of.

pub mod again;
pub mod boxes;
pub mod browse;
pub mod cost;
pub mod delete;
pub mod desk;
pub mod estimate;
pub mod form;
pub mod log;
pub mod outcome;
pub mod pace;
pub mod panel;
pub mod plot;
pub mod resume;
pub mod rows;
pub mod share;
pub mod timeline;
pub mod tip;
pub mod unchanged;
