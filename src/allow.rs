//! Directives, obeyed: which findings somebody allowed and why, whether an asserted phase is the phase, and what is wrong with the
//! directives themselves. What is allowed stays in the report, marked.

use crate::assess::{Phase, Verdict};
use crate::parse::{AssertedPhase, Directive, DirectiveKind, Problem};
use crate::replay::{ParsedMigration, ParsedStatement};
use crate::rules::{
    self, ALLOW_UNUSED, DIRECTIVE_INVALID, Finding, Fingerprint, Level, PHASE_MISMATCH, Place, Rule, STATEMENT_BROKEN, Scene,
    Topic,
};
use crate::source::Span;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A finding, and who allowed it.
#[derive(Debug, Clone)]
pub struct Reported {
    /// What was found.
    pub finding: Finding,
    /// What it is known by from one run to the next.
    pub fingerprint: Fingerprint,
    /// What allows it.
    pub suppressed: Option<Suppression>,
}

/// Why a finding is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// A directive in the migration.
    Directive {
        /// The reason that it gives.
        reason: SmolStr,
        /// The rule's id in it.
        span: Span,
    },
    /// The project's baseline of accepted findings.
    Baseline,
}

/// Sets what was found against the directives of the judged migrations. `level` gives a rule's severity for a judged migration.
pub fn apply(scene: &Scene<'_>, findings: Vec<Finding>, level: impl Fn(&Rule, usize) -> Level) -> Vec<Reported> {
    let mut by_migration: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        by_migration.entry(finding.place.migration).or_default().push(finding);
    }
    let mut run = Run { scene, level, used: BTreeSet::new(), unused: Vec::new(), out: Vec::new() };
    for number in 0..scene.assessments.len() {
        run.migration(number, by_migration.remove(&scene.assessments[number].migration).unwrap_or_default());
    }
    run.finish()
}

/// A finding on a released migration that was edited, and what its text as it is now allows.
pub fn apply_to_altered(finding: Finding, now: Option<&ParsedMigration>) -> (Finding, Option<Suppression>) {
    let directives = now.into_iter().flat_map(|now| scopes(&now.directives, &now.statements));
    let mut allowing = directives.filter_map(|(_, directive)| match &directive.kind {
        DirectiveKind::Allow { rules, reason } => {
            let (_, span) = rules.iter().find(|(id, _)| id == finding.id())?;
            Some(Suppression::Directive { reason: reason.clone(), span: *span })
        }
        DirectiveKind::Phase(_) | DirectiveKind::Gate(_) | DirectiveKind::DownManual { .. } => None,
    });
    let suppressed = allowing.next();
    (finding, suppressed)
}

/// Findings with their fingerprints.
pub fn reported(scene: &Scene<'_>, findings: Vec<(Finding, Option<Suppression>)>) -> Vec<Reported> {
    let Scene { sources, history, parsed, .. } = scene;
    let prints = rules::fingerprints(sources, history, parsed, findings.iter().map(|(finding, _)| finding));
    let with_prints = findings.into_iter().zip(prints);
    with_prints.map(|((finding, suppressed), fingerprint)| Reported { finding, fingerprint, suppressed }).collect()
}

struct Run<'a, L> {
    scene: &'a Scene<'a>,
    level: L,
    /// The ids in directives that suppressed something, by their places.
    used: BTreeSet<Span>,
    /// Those that did not where they were looked at; a file's header may be used by another of its migrations.
    unused: Vec<(usize, Finding, Span)>,
    out: Vec<(Finding, Option<Suppression>)>,
}

/// One id of an `allow`, and how far it reaches.
struct Allow<'a> {
    id: &'a SmolStr,
    span: Span,
    reason: &'a SmolStr,
    /// The statement; nothing for the whole migration.
    statement: Option<usize>,
}

impl<L: Fn(&Rule, usize) -> Level> Run<'_, L> {
    fn migration(&mut self, number: usize, mut findings: Vec<Finding>) {
        let scene = self.scene;
        let parsed = &scene.parsed[scene.assessments[number].migration];
        let mut own = self.problems(number);
        let mut allows = Vec::new();
        for (statement, directive) in scopes(&parsed.directives, &parsed.statements) {
            match &directive.kind {
                DirectiveKind::Allow { rules, reason } => {
                    allows.extend(rules.iter().map(|(id, span)| Allow { id, span: *span, reason, statement }));
                }
                DirectiveKind::Phase(phase) => {
                    own.extend(self.check_phase(number, statement, phase_of(*phase), directive.span));
                }
                DirectiveKind::Gate(_) | DirectiveKind::DownManual { .. } => {}
            }
        }
        self.lower_contracts(number, &mut findings);
        let mut found: Vec<(Finding, Option<Suppression>)> = Vec::new();
        for finding in findings {
            let suppressed = self.suppression(&allows, &finding);
            found.push((finding, suppressed));
        }
        for allow in allows {
            self.check_allow(number, &allow, &mut own);
        }
        self.out.extend(found);
        self.out.extend(own.into_iter().map(|finding| (finding, None)));
    }

    fn suppression(&mut self, allows: &[Allow<'_>], finding: &Finding) -> Option<Suppression> {
        let scene = self.scene;
        let reaches = |allow: &&Allow<'_>| match allow.statement {
            None => true,
            Some(statement) => {
                let span = scene.parsed[finding.place.migration].statements[statement].span;
                let inside = finding.place.span.file == span.file
                    && span.start <= finding.place.span.start
                    && finding.place.span.end <= span.end;
                finding.place.statement == Some(statement) || finding.place.statement.is_none() && inside
            }
        };
        let found: Vec<&Allow<'_>> = allows.iter().filter(|allow| allow.id == finding.id()).filter(reaches).collect();
        self.used.extend(found.iter().map(|allow| allow.span));
        // The nearest counts: a statement's own before the file's.
        let nearest = found.iter().max_by_key(|allow| allow.statement.is_some())?;
        Some(Suppression::Directive { reason: nearest.reason.clone(), span: nearest.span })
    }

    fn check_allow(&mut self, number: usize, allow: &Allow<'_>, own: &mut Vec<Finding>) {
        let place = self.place(number, allow.statement, allow.span);
        let Some(rule) = rules::find(allow.id) else {
            let message = format!("`{}` is no rule, so nothing is allowed", allow.id);
            let nearest = rules::nearest(allow.id).map(|rule| format!("did you mean `{}`?", rule.id));
            let help = nearest.unwrap_or_else(|| "`migsafe explain` lists the rules".into());
            own.extend(self.finding(&DIRECTIVE_INVALID, number, place, message, help));
            return;
        };
        let is_off = (self.level)(rule, number) == Level::Off;
        if !is_off && !self.used.contains(&allow.span) {
            let message = format!("nothing here is reported as `{}`", rule.id);
            let finding = self.finding(&ALLOW_UNUSED, number, place, message, "remove the directive".into());
            self.unused.extend(finding.map(|finding| (number, finding, allow.span)));
        }
    }

    fn check_phase(&self, number: usize, statement: Option<usize>, asserted: Phase, span: Span) -> Option<Finding> {
        let (subject, phase) = match statement {
            None => ("the migration", self.scene.assessments[number].phase),
            Some(statement) => ("the statement", self.verdict(number, statement)?.phase),
        };
        if phase == asserted {
            return None;
        }
        let message = format!("{subject} is {}, not {}", describe(phase), describe(asserted));
        let help = match phase {
            Phase::Mixed => "split it: one migration for each phase".into(),
            Phase::Breaking => "split it into expand, migrate and contract steps".into(),
            _ => format!("write `phase={}`, or change the migration", phase.name()),
        };
        let place = self.place(number, statement, span);
        self.finding(&PHASE_MISMATCH, number, place, message, help)
    }

    /// Where the author says that it runs after the last old instance is gone, and it does no harm then, incompatibility with the
    /// old application is no news.
    fn lower_contracts(&self, number: usize, findings: &mut [Finding]) {
        let assessment = &self.scene.assessments[number];
        let parsed = &self.scene.parsed[assessment.migration];
        let asserts = |directives: &[Directive]| {
            directives.iter().any(|directive| directive.kind == DirectiveKind::Phase(AssertedPhase::Contract))
        };
        let whole = assessment.phase == Phase::Contract && asserts(&parsed.directives);
        for finding in findings {
            let is_compatibility = finding.rule.is_some_and(|rule| rule.topic == Topic::Compatibility);
            let Some(statement) = finding.place.statement.filter(|_| is_compatibility) else { continue };
            let is_contract = self.verdict(number, statement).is_some_and(|verdict| verdict.phase == Phase::Contract);
            if is_contract && (whole || asserts(&parsed.statements[statement].directives)) {
                finding.level = finding.level.min(Level::Info);
            }
        }
    }

    /// What is malformed: directives and statements.
    fn problems(&self, number: usize) -> Vec<Finding> {
        let parsed = &self.scene.parsed[self.scene.assessments[number].migration];
        let mut out = Vec::new();
        let mut seen = BTreeSet::new();
        for Problem { span, message } in parsed.bad_directives.iter().filter(|problem| seen.insert(problem.span)) {
            let place = self.place(number, None, *span);
            out.extend(self.finding(&DIRECTIVE_INVALID, number, place, message.clone(), String::new()));
        }
        for (at, statement) in parsed.statements.iter().enumerate() {
            let Some(Problem { span, message }) = &statement.problem else { continue };
            let place = self.place(number, Some(at), *span);
            out.extend(self.finding(&STATEMENT_BROKEN, number, place, message.clone(), String::new()));
        }
        out
    }

    /// An `allow` at the top of a file holds for all its migrations: it is unused when none of them uses it.
    fn finish(mut self) -> Vec<Reported> {
        let mut seen = BTreeSet::new();
        for (number, finding, span) in std::mem::take(&mut self.unused) {
            let elsewhere = finding.place.statement.is_none() && self.is_shared_with_unjudged(number, span);
            if !self.used.contains(&span) && !elsewhere && seen.insert(span) {
                self.out.push((finding, None));
            }
        }
        self.out.retain(|(finding, _)| finding.level > Level::Off);
        self.out
            .sort_by_key(|(finding, _)| (finding.place.migration, finding.place.span.start, std::cmp::Reverse(finding.level)));
        reported(self.scene, self.out)
    }

    fn is_shared_with_unjudged(&self, number: usize, span: Span) -> bool {
        let migration = self.scene.assessments[number].migration;
        let judged = |number: usize| self.scene.assessments.iter().any(|assessment| assessment.migration == number);
        let file = self.scene.history.migrations[migration].file;
        let same_file = self.scene.history.migrations.iter().enumerate().filter(|(_, other)| other.file == file);
        let holds = |parsed: &ParsedMigration| {
            parsed.directives.iter().any(|directive| match &directive.kind {
                DirectiveKind::Allow { rules, .. } => rules.iter().any(|(_, found)| *found == span),
                _ => false,
            })
        };
        same_file.into_iter().any(|(other, _)| other != migration && !judged(other) && holds(&self.scene.parsed[other]))
    }

    fn verdict(&self, number: usize, statement: usize) -> Option<&Verdict> {
        let assessment = &self.scene.assessments[number];
        let steps = &self.scene.replayed.steps[assessment.steps.clone()];
        let at = steps.iter().position(|step| step.statement == statement)?;
        assessment.verdicts.get(at)
    }

    fn place(&self, number: usize, statement: Option<usize>, span: Span) -> Place {
        Place { migration: self.scene.assessments[number].migration, statement, span }
    }

    fn finding(&self, rule: &'static Rule, number: usize, place: Place, message: String, help: String) -> Option<Finding> {
        let level = (self.level)(rule, number);
        (level > Level::Off).then(|| Finding::at(place, message).help(help).by(rule, level))
    }
}

/// Directives with the statements that they stand at: first the file's, each once however many scripts it heads.
fn scopes<'a>(whole: &'a [Directive], statements: &'a [ParsedStatement]) -> impl Iterator<Item = (Option<usize>, &'a Directive)> {
    let mut seen = BTreeSet::new();
    let of_file = whole.iter().filter(move |directive| seen.insert(directive.span)).map(|directive| (None, directive));
    let of_statements = statements
        .iter()
        .enumerate()
        .flat_map(|(at, statement)| statement.directives.iter().map(move |directive| (Some(at), directive)));
    of_file.chain(of_statements)
}

fn phase_of(asserted: AssertedPhase) -> Phase {
    match asserted {
        AssertedPhase::Free => Phase::Free,
        AssertedPhase::Expand => Phase::Expand,
        AssertedPhase::Migrate => Phase::Migrate,
        AssertedPhase::Contract => Phase::Contract,
        AssertedPhase::Breaking => Phase::Breaking,
    }
}

fn describe(phase: Phase) -> &'static str {
    match phase {
        Phase::Free => "safe at any moment (free)",
        Phase::Expand => "for before the deploy (expand)",
        Phase::Migrate => "for between expand and contract (migrate)",
        Phase::Contract => "for after the last old instance is gone (contract)",
        Phase::Breaking => "safe at no moment (breaking)",
        Phase::Mixed => "of several phases (mixed)",
    }
}
