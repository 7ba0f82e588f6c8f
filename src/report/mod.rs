//! The way out: what was judged, for people and for programs. The only place where anything is serialized.

mod down;
mod escape;
mod excerpt;
mod gather;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod markdown;
mod objects;
mod plan;
mod sarif;
#[cfg(feature = "verify")]
mod verify;

pub use down::{DownReport, down_check, down_json, down_print, found_texts};
pub use escape::{escape, escape_line};
pub use github::github;
pub use gitlab::gitlab;
pub use human::{Detail, Look, human};
pub use json::json;
pub use junit::junit;
pub use markdown::{MARKER, markdown};
pub use plan::{plan_html, plan_human, plan_json, plan_markdown, stats_json};
pub use sarif::sarif;
#[cfg(feature = "verify")]
pub use verify::{verify_human, verify_json, verify_markdown};
