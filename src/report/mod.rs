//! The way out: what was judged, for people and for programs. The only place where anything is serialized.

mod escape;
mod excerpt;
mod human;
mod json;
mod objects;
mod plan;

pub use escape::{escape, escape_line};
pub use human::{Detail, Look, human};
pub use json::json;
pub use plan::{plan_html, plan_human, plan_json, plan_markdown};
