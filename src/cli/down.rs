//! `migsafe down`

use super::args::{Common, Down as Args, DownFormat};
use super::lint::version;
use super::output::{self, complain};
use super::pending::{self, Chosen};
use super::project;
use super::{Failure, Outcome};
use migsafe::paired::{self, Checked, Keeping, Pair, label};
use migsafe::read::{self, DownState, Project};
use migsafe::report::{self, DownReport};
use migsafe::rules::Level;
use migsafe::{Lint, Options, lint};

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Chosen { projects, config, dialect, .. } = pending::choose(&args.project, &args.pending, common)?;
    projects.iter().for_each(|(project, _)| project::tell_refused(project, |_| false));
    let version = version(args.server_version.as_ref(), &config, dialect)?;
    let options = |pending| {
        let strategy = config.strategy.unwrap_or_default();
        Options { dialect, version, strategy, levels: config.levels.clone(), pending }
    };
    let chosen: Vec<(Project, Options)> = projects.into_iter().map(|(project, pending)| (project, options(pending))).collect();
    let judged: Vec<Lint<'_>> = chosen.iter().map(|(project, options)| lint(project, options)).collect();
    let mut reports: Vec<DownReport<'_>> = judged.iter().map(|lint| report(lint, args)).collect();
    let mut refused = false;
    if args.preserve {
        for (lint, report) in judged.iter().zip(&mut reports) {
            refused |= keep(lint, report);
        }
    }
    for (lint, report) in judged.iter().zip(&mut reports) {
        report.computed = lint.computed_backs(&report.pairs);
    }
    let wrote = if args.write { write(&judged, &reports, args, common)? } else { Outcome::Success };
    let wrote = if refused { Outcome::Findings } else { wrote };
    let text = match args.format {
        DownFormat::Json => report::down_json(&judged, &reports) + "\n",
        DownFormat::Human if args.write => String::new(),
        DownFormat::Human if args.check => report::down_check(&reports, output::look(common, args.output.as_deref()), dialect),
        DownFormat::Human => {
            let print =
                |(lint, report): (&Lint<'_>, &DownReport<'_>)| report::down_print(lint.project, report, common.quiet, dialect);
            judged.iter().zip(&reports).map(print).collect()
        }
    };
    if !text.is_empty() {
        output::write(&text, args.output.as_deref())?;
    }
    let fail_on = config.fail_on.unwrap_or(Level::Error);
    let untrue = reports.iter().filter_map(|report| report.checked.as_ref()).any(Checked::is_untrue);
    let found = reports.iter().flat_map(|report| &report.backs).any(|back| back.worst() >= fail_on);
    Ok(if untrue || found { Outcome::Findings } else { wrote })
}

fn report<'a>(lint: &Lint<'a>, args: &Args) -> DownReport<'a> {
    let migrations = &lint.options.pending.migrations;
    let wanted = !args.check || args.format == DownFormat::Json;
    let checked = args.check.then(|| paired::check(lint.project, lint.ground(), migrations));
    DownReport {
        pairs: match wanted {
            true => paired::pairs(lint.project, lint.ground(), migrations),
            false => Vec::new(),
        },
        kept: Vec::new(),
        computed: Vec::new(),
        backs: checked.as_ref().map(|checked| lint.backs(&checked.tried)).unwrap_or_default(),
        checked,
    }
}

/// Lets the migrations keep what they destroy. Says which cannot, and leaves only those that can; whether some cannot.
fn keep(lint: &Lint<'_>, report: &mut DownReport<'_>) -> bool {
    let mut refused = false;
    report.pairs.retain_mut(|pair| match paired::keep(pair, lint.project, lint.ground()) {
        Keeping::Nothing => false,
        Keeping::Kept(up) => {
            report.kept.push(up);
            true
        }
        Keeping::Refused(reason) => {
            let name = label(&lint.project.history.migrations[pair.migration]);
            complain("warning", &format!("{name}: what it destroys cannot be kept: {reason}"));
            refused = true;
            false
        }
    });
    refused
}

/// Writes the downs that may be written, and says of each what became of it.
fn write(judged: &[Lint<'_>], reports: &[DownReport<'_>], args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Success;
    let mut edits = Vec::new();
    for (lint, report) in judged.iter().zip(reports) {
        let project = lint.project;
        let name = |migration: usize| label(&project.history.migrations[migration]).into_owned();
        if project.root.as_os_str() == "-" {
            return Err(Failure("standard input has no place for a down: leave --write out to print it".into()));
        }
        let mut wanted = Vec::new();
        for pair in &report.pairs {
            if let Some(reason) = hindrance(pair, args) {
                outcome = if pair.state == DownState::Written { outcome } else { Outcome::Findings };
                complain("note", &format!("{}: not written: {reason}", name(pair.migration)));
            } else {
                wanted.push((pair.migration, pair.text()));
                if !common.quiet {
                    let backs = report.computed.iter().filter(|back| back.migration == pair.migration);
                    for text in backs.flat_map(report::found_texts) {
                        complain("note", &format!("{}: the way back: {text}", name(pair.migration)));
                    }
                }
            }
        }
        let (found, refused) = read::down_edits(project, &wanted, &report.kept);
        for (migration, reason) in refused {
            outcome = Outcome::Findings;
            complain("warning", &format!("{}: not written: {reason}", name(migration)));
        }
        edits.extend(found);
    }
    let written = output::write_edits(&edits)?;
    if !common.quiet {
        for path in written {
            complain("wrote", &path.display().to_string());
        }
    }
    Ok(outcome)
}

/// Why a down is not to be written.
fn hindrance(pair: &Pair, args: &Args) -> Option<&'static str> {
    if pair.fails {
        return Some("the migration itself fails; `migsafe lint` tells where");
    }
    (!pair.state.may_be_replaced() && !args.force).then_some("there is one, written by hand; --force replaces it")
}
