//! migsafe

pub mod assess;
pub mod catalog;
pub mod change;
pub mod dialect;
pub mod lower;
pub mod parse;
pub mod read;
pub mod replay;
pub mod rules;
pub mod source;
#[cfg(feature = "verify")]
pub mod verify;
