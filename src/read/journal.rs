//! Drizzle's journal, written anew.

use serde_json::{Value, json};

/// The journal with other migrations in the place of some, by their tags. Drizzle takes the times for the order: the new entries have
/// that of the first one that they replace, and the moments after it.
pub fn journal_with(text: &str, gone: &[String], new: &[String]) -> Result<String, String> {
    let journal: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let entries = journal["entries"].as_array().ok_or("it has no entries")?;
    let is_gone = |entry: &&Value| entry["tag"].as_str().is_some_and(|tag| gone.iter().any(|gone| gone == tag));
    let when = |entry: &Value| entry["when"].as_i64().unwrap_or_default();
    let kept: Vec<&Value> = entries.iter().filter(|entry| !is_gone(entry)).collect();
    let newest = kept.iter().map(|entry| when(entry)).max().unwrap_or_default();
    let first = entries.iter().find(is_gone).map(when).unwrap_or_default().max(newest + 1);
    let version = entries.last().map_or(json!("7"), |entry| entry["version"].clone());
    let old = kept.iter().map(|entry| (when(entry), entry["tag"].clone(), entry["breakpoints"] != false));
    let new = new.iter().zip(0i64..).map(|(tag, at)| (first + at, json!(tag), true));
    let spelt = old.chain(new).enumerate().map(|(index, (when, tag, breakpoints))| {
        format!(
            "    {{\n      \"idx\": {index},\n      \"version\": {version},\n      \"when\": {when},\n      \"tag\": {tag},\n      \
             \"breakpoints\": {breakpoints}\n    }}"
        )
    });
    let spelt: Vec<String> = spelt.collect();
    let (own, dialect) = (&journal["version"], &journal["dialect"]);
    Ok(format!("{{\n  \"version\": {own},\n  \"dialect\": {dialect},\n  \"entries\": [\n{}\n  ]\n}}\n", spelt.join(",\n")))
}
