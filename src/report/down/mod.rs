//! Downs: as a script, as what was found of those that are there, and for programs.

mod check;
mod json;
mod print;

pub use check::down_check;
pub use json::{DownReport, down_json};
pub use print::{down_print, found_texts};
