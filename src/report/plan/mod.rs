//! A plan for people and for programs: a timeline in the terminal, Markdown for a change request, one page of HTML, JSON.

mod html;
mod human;
mod json;
mod markdown;
mod stats;
mod view;

pub use html::plan_html;
pub use human::plan_human;
pub use json::plan_json;
pub use markdown::plan_markdown;
pub use stats::stats_json;
