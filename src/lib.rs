//! migsafe

pub mod source;
