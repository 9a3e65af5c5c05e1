//! The parts that pages are made of.

pub mod again;
pub mod announcer;
pub mod boxes;
pub mod browse;
pub mod cost;
pub mod delete;
pub mod desk;
pub mod estimate;
pub mod favicon;
pub mod form;
pub mod landmark;
pub mod log;
pub mod mark;
pub mod outcome;
pub mod pace;
pub mod panel;
pub mod patience;
pub mod plot;
pub mod problem;
pub mod resume;
pub mod rows;
pub mod share;
pub mod standing;
pub mod timeline;
pub mod tip;
pub mod unchanged;
