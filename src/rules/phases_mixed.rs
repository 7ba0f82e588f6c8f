//! One migration, several phases.

use super::{Check, Finding, Place, Scene, rule};
use crate::assess::Phase;
use std::collections::BTreeMap;

rule! {
    /// A migration holds statements of different phases: no single moment suits all of them.
    ///
    /// What the new application needs must run before the deploy, what breaks the old one after its last instance is gone, and what
    /// moves rows in between. Split the migration at these lines.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, nickname text);
    /// CREATE TABLE carts (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// DROP TABLE carts;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, nickname text);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// ALTER TABLE users ADD COLUMN phone text;
    /// ```
    pub(super) static PHASES_MIXED = "phases-mixed", Warning, Compatibility, Check::Migration(check);
}

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let assessment = &scene.assessments[number];
    let line = |span: crate::source::Span| scene.sources.position(span.file, span.start).line.to_string();
    let mut phases: BTreeMap<Phase, Vec<String>> = BTreeMap::new();
    let mut first = None;
    for at in scene.statements(number).filter(|at| at.verdict.phase != Phase::Free) {
        first = first.or(Some((at.step.statement, at.statement.span)));
        phases.entry(at.verdict.phase).or_default().push(line(at.statement.span));
    }
    let (Phase::Mixed, Some((statement, span))) = (assessment.phase, first) else { return Vec::new() };
    let list = |lines: &[String]| {
        let noun = if lines.len() == 1 { "line" } else { "lines" };
        format!("{noun} {}", lines.join(", "))
    };
    let parts: Vec<String> = phases.iter().map(|(phase, lines)| format!("{} ({})", phase.name(), list(lines))).collect();
    let place = Place { migration: assessment.migration, statement: Some(statement), span };
    let message = format!("this migration belongs to several phases: {}", parts.join(", "));
    let mut finding = Finding::at(place, message).help("Split it into one migration for each phase, and deploy between them.");
    for phase in phases.keys() {
        let sql =
            scene.statements(number).filter(|at| at.verdict.phase == *phase).map(|at| scene.text(at.statement.span).to_string());
        finding = finding.part(*phase, sql.map(|text| text.trim().trim_end_matches(';').to_string()));
    }
    vec![finding]
}
