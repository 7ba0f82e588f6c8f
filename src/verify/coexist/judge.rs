//! What the server answered, held against what was judged: breaks that were not foreseen, and alarms that nothing bears out.

use super::app::Probe;
use super::attempt::Answer;
use super::{Examined, Failing};
use crate::assess::{App, Assessment, Broken, Dangling, Use, UseClass};
use crate::catalog::{Catalog, Name, Relation, Table};
use crate::change::{ColumnValue, ConstraintKind, Ident, IndexShape, Trigger};
use crate::dialect::Dialect;
use std::collections::BTreeSet;

/// A point on which server and judgement do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Whose use it is.
    pub app: App,
    /// The use.
    pub usage: Use,
    /// What is wrong.
    pub finding: Finding,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The server refuses, and nothing was said.
    Missed {
        /// The statements.
        sql: String,
        /// The answer's code.
        sqlstate: String,
        /// The answer.
        message: String,
    },
    /// It was said to break, and every statement that makes the use works.
    FalseAlarm {
        /// The code that was foreseen.
        sqlstate: String,
        /// The message that was foreseen.
        message: String,
    },
    /// It was said to break, and no statement could be found that shows it.
    NotShown {
        /// The code that was foreseen.
        sqlstate: String,
        /// The message that was foreseen.
        message: String,
    },
}

/// The schema that an application was written for, and the one that it runs on.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a> {
    pub own: &'a Catalog,
    pub other: &'a Catalog,
}

/// What was judged of one use.
struct Foreseen<'a> {
    broken: &'a Broken,
    sqlstate: Option<String>,
    message: String,
}

/// What was judged of an application.
struct Said<'a> {
    foreseen: Vec<Foreseen<'a>>,
    /// What a routine's body meets fails for whoever calls it, or writes to its trigger's table.
    in_bodies: BTreeSet<String>,
}

impl<'a> Said<'a> {
    fn new(which: App, assessments: &'a [Assessment], dialect: &dyn Dialect) -> Self {
        let verdicts = || assessments.iter().flat_map(|assessment| &assessment.verdicts);
        let broken = verdicts().flat_map(|verdict| if which == App::Old { &verdict.breaks } else { &verdict.needs });
        let error = |broken: &'a Broken| {
            let error = broken.server_error(dialect);
            Foreseen { broken, sqlstate: error.sqlstate.map(|code| code.into_owned()), message: error.message }
        };
        let dangling = verdicts().flat_map(|verdict| &verdict.dangling);
        let code = |dangling: &Dangling| dialect.app_error(&dangling.error).sqlstate.map(|code| code.into_owned());
        Said { foreseen: broken.map(error).collect(), in_bodies: dangling.filter_map(code).collect() }
    }

    /// Whether what was judged is why a probe fails, or that is nothing to judge.
    fn explains(&self, which: App, probe: &Use, (sqlstate, message): (&str, &str), schemas: Schemas<'_>) -> bool {
        self.in_bodies.contains(sqlstate)
            || beyond(which, probe, sqlstate, message, schemas)
            || self.foreseen.iter().any(|it| explains(it, probe, sqlstate))
    }
}

/// Whether an error of one use was foreseen.
pub(super) fn foreseen(
    which: App,
    probe: &Use,
    answer: (&str, &str),
    assessments: &[Assessment],
    schemas: Schemas<'_>,
    dialect: &dyn Dialect,
) -> bool {
    Said::new(which, assessments, dialect).explains(which, probe, answer, schemas)
}

/// Compares one application's failing statements with the judgement.
pub(super) fn compare(
    which: App,
    probes: &[Probe],
    failing: &Failing,
    assessments: &[Assessment],
    schemas: Schemas<'_>,
    dialect: &dyn Dialect,
    examined: &mut Examined,
) {
    let said = Said::new(which, assessments, dialect);
    let mut seen = BTreeSet::new();
    for (at, answer) in each(failing) {
        let (Some(probe), Answer::Fails { sqlstate, message }) = (probes.get(at), answer) else { continue };
        let explained = said.explains(which, &probe.usage, (sqlstate, message), schemas);
        if !explained && seen.insert((probe.usage.clone(), sqlstate.clone())) {
            let sql = probe.attempt.statements.join(";\n");
            let finding = Finding::Missed { sql, sqlstate: sqlstate.clone(), message: message.clone() };
            examined.disagreements.push(Disagreement { app: which, usage: probe.usage.clone(), finding });
        }
    }
    let place = usize::from(which == App::New);
    for it in &said.foreseen {
        let usage = &it.broken.usage;
        let Some(sqlstate) =
            it.sqlstate.as_ref().filter(|_| !matches!(usage, Use::Extension(_) | Use::Other(_) | Use::RowsOf(..)))
        else {
            examined.silent += 1;
            continue;
        };
        let shown = each(failing).any(|(at, answer)| match (probes.get(at), answer) {
            (Some(probe), Answer::Fails { sqlstate: found, message }) => {
                (same_error(sqlstate, found) || no_such_argument(usage, &probe.usage, found))
                    && (concerns(usage, &probe.usage) || makes(&probe.usage, usage))
                    && (makes(&probe.usage, usage) || *message == it.message || names(message, usage))
            }
            _ => false,
        });
        if shown {
            examined.confirmed[place] += 1;
            continue;
        }
        if is_write(usage) && all_writes_fail(usage, probes, failing) {
            examined.hidden += 1;
            continue;
        }
        let mut own = probes.iter().enumerate().filter(|(_, probe)| probe.usage == *usage).peekable();
        let tried = own.peek().is_some();
        if tried && own.all(|(at, _)| failing.contains_key(&at)) {
            // It fails, and another error comes first.
            examined.hidden += 1;
            continue;
        }
        let (sqlstate, message) = (sqlstate.clone(), it.message.clone());
        let finding = if tried { Finding::FalseAlarm { sqlstate, message } } else { Finding::NotShown { sqlstate, message } };
        examined.disagreements.push(Disagreement { app: which, usage: usage.clone(), finding });
    }
}

/// Every answer, with the place of its probe.
fn each(failing: &Failing) -> impl Iterator<Item = (usize, &Answer)> {
    failing.iter().flat_map(|(at, answers)| answers.iter().map(|answer| (*at, answer)))
}

/// Whether a routine is not there because a type of its arguments is not: the call names the type first.
fn no_such_argument(foreseen: &Use, probe: &Use, sqlstate: &str) -> bool {
    matches!(foreseen, Use::Call(..)) && foreseen == probe && sqlstate == "42704"
}

/// Whether a foreseen break is why a probe fails.
fn explains(foreseen: &Foreseen<'_>, probe: &Use, sqlstate: &str) -> bool {
    let usage = &foreseen.broken.usage;
    match (usage, probe) {
        // Who cannot upsert on the columns cannot on the constraint either; a type that is another one fails in many ways.
        (Use::Upsert(name, _), Use::UpsertConstraint(other, _)) if name == other => true,
        (Use::Cast(name), Use::Cast(other)) if name == other => true,
        // A trigger that refuses does so in every partition as well.
        _ if no_such_argument(usage, probe, sqlstate) => true,
        _ if sqlstate == "P0001" && foreseen.sqlstate.as_deref() == Some(sqlstate) => true,
        _ => foreseen.sqlstate.as_deref().is_some_and(|code| same_error(code, sqlstate)) && concerns(usage, probe),
    }
}

/// Whether two codes say the same: a value of the wrong type is refused as such where its type is told, as malformed where it is sent
/// as text.
fn same_error(foreseen: &str, found: &str) -> bool {
    let malformed = |one: &str, other: &str| one == "42804" && other.starts_with("22");
    // Of what lies in a schema that is not there, the schema is named.
    let around = found == "3F000" && ["42704", "42883", "42P01"].contains(&foreseen);
    around || foreseen == found || malformed(foreseen, found) || malformed(found, foreseen)
}

/// What fails and is not judged to break, for a reason: see the model's page, and the rules of each use.
fn beyond(which: App, probe: &Use, sqlstate: &str, message: &str, schemas: Schemas<'_>) -> bool {
    if same_rule(probe, sqlstate, message, schemas) {
        return true;
    }
    match probe {
        // Where the object itself is gone, that is another use's break.
        Use::Privilege(..) => sqlstate != "42501",
        // A unique key that the change itself adds does not count against the new application, nor that it can be deferred.
        Use::Upsert(..) | Use::UpsertConstraint(..) | Use::Defer(..) if which == App::New => true,
        // A view has no constraints by name; the columns of a key do as well.
        Use::UpsertConstraint(name, _) if schemas.other.view(name).is_some() => true,
        // Rows of a table that an application does not know are not its own.
        Use::Delete(_) if sqlstate == "23503" => {
            !schemas.own.relations.keys().any(|name| message.ends_with(&format!("on table \"{}\"", name.name)))
        }
        Use::Insert(name)
        | Use::Write(name, _)
        | Use::Omit(name, _)
        | Use::WriteNull(name, _)
        | Use::Update(name)
        | Use::Delete(name)
        | Use::Upsert(name, _)
        | Use::UpsertConstraint(name, _)
        | Use::InsertPartition(name, _)
            if (!message.contains("violates") || of_another(message, name))
                && !message.contains("does not exist")
                && watches_more(name, schemas) =>
        {
            true
        }
        // A value at the end of its type's range is too much for an expression that the server computes of it.
        Use::Insert(name) | Use::Write(name, _) if sqlstate.starts_with("22") && computes_more(name, schemas) => true,
        // A partition that becomes a table of its own is not written to beyond its bound.
        Use::Insert(_) | Use::Write(..) | Use::Omit(..) | Use::WriteNull(..) | Use::Delete(_) | Use::Update(_) => {
            which == App::New && message.ends_with("violates partition constraint")
        }
        _ => false,
    }
}

fn is_write(usage: &Use) -> bool {
    usage.class() == UseClass::Write || usage.class() == UseClass::Upsert
}

/// Whether no write to an object shows anything: another break, also judged, comes first, or none works even at home.
fn all_writes_fail(usage: &Use, probes: &[Probe], failing: &Failing) -> bool {
    let inserts = |probe: &Probe| probe.usage.subject().0 == usage.subject().0 && matches!(probe.usage, Use::Insert(_));
    probes.iter().enumerate().filter(|(_, probe)| inserts(probe)).all(|(at, _)| failing.contains_key(&at))
}

/// Whether a message is about another table than this one: a trigger wrote to it.
fn of_another(message: &str, name: &Name) -> bool {
    message.contains("relation \"") && !message.contains(&format!("relation \"{}\"", name.name))
}

/// Whether triggers refuse rows that the application's own triggers do not: what they say is their own matter.
fn watches_more(name: &Name, schemas: Schemas<'_>) -> bool {
    let triggers = |catalog: &Catalog| catalog.table(name).map(|table| table.triggers.clone()).unwrap_or_default();
    let (own, other) = (triggers(schemas.own), triggers(schemas.other));
    let same = |trigger: &Trigger| {
        let body =
            |catalog: &Catalog| catalog.resolve_routine(&trigger.function).and_then(|name| catalog.routines.get(&name).cloned());
        own.iter().any(|known| **known == *trigger) && body(schemas.own) == body(schemas.other)
    };
    other.iter().any(|trigger| !same(trigger))
}

/// Whether a key or a foreign key refuses a row that the application's own schema has too: then it is the rows that are there, not the
/// schema.
fn same_rule(probe: &Use, sqlstate: &str, message: &str, schemas: Schemas<'_>) -> bool {
    if !matches!(sqlstate, "23505" | "23503") {
        return false;
    }
    let named = |label: &str| message.contains(&format!("\"{label}\""));
    // A trigger may write to other tables.
    let keys = |catalog: &Catalog| -> Vec<IndexShape> {
        let names =
            catalog.relations.iter().filter(|(name, relation)| matches!(relation, Relation::Index(_)) && named(&name.name));
        names.filter_map(|(name, _)| catalog.index(name)).map(|(_, index)| index.shape.clone()).collect()
    };
    let references = |catalog: &Catalog| -> Vec<ConstraintKind> {
        let Some(table) = table(probe, catalog) else { return Vec::new() };
        let found = table.constraints.iter().filter(|it| it.name.as_deref().is_some_and(named));
        found.map(|it| it.kind.clone()).filter(|kind| matches!(kind, ConstraintKind::ForeignKey(_))).collect()
    };
    let (own, other) = (schemas.own, schemas.other);
    // What a default refers to has to be there when the column is added: rows that are there get it, too.
    let by_default = |kind: &ConstraintKind| match kind {
        ConstraintKind::ForeignKey(key) => {
            let own = table(probe, own);
            !key.columns.is_empty() && key.columns.iter().all(|column| own.is_some_and(|own| own.column(column).is_none()))
        }
        _ => false,
    };
    match sqlstate {
        "23505" => !keys(own).is_empty() && keys(own) == keys(other) && !matches!(probe, Use::UpsertConstraint(..)),
        _ => !references(own).is_empty() && references(own) == references(other) || references(other).iter().any(by_default),
    }
}

fn table<'c>(probe: &Use, catalog: &'c Catalog) -> Option<&'c Table> {
    probe.subject().0.and_then(|name| catalog.table(name)).map(|table| &**table)
}

/// Whether the server computes a column of a table that the application does not know, or writes itself.
fn computes_more(name: &Name, schemas: Schemas<'_>) -> bool {
    let known = |column: &Ident| {
        let own = schemas.own.table(name).and_then(|own| own.column(column));
        own.is_some_and(|own| matches!(own.value, ColumnValue::Generated { .. }))
    };
    schemas.other.table(name).is_some_and(|table| {
        table.columns.iter().any(|column| matches!(column.value, ColumnValue::Generated { .. }) && !known(&column.name))
    })
}

/// Whether a foreseen break of one use can be why another fails: they concern the same object, or the one is a type's, a routine's
/// or a sequence's that the other may need.
fn concerns(foreseen: &Use, probe: &Use) -> bool {
    let everywhere = matches!(
        foreseen,
        Use::Label(..) | Use::Cast(_) | Use::DomainValue(..) | Use::Extension(_) | Use::Call(..) | Use::NextValue(_)
    );
    everywhere || foreseen.subject().0 == probe.subject().0
}

/// Whether a probe for one use makes another one too.
fn makes(probe: &Use, usage: &Use) -> bool {
    probe == usage
        || match usage {
            Use::DeleteReferenced(name, _) => *probe == Use::Delete(name.clone()),
            Use::Upsert(name, _) => matches!(probe, Use::Upsert(other, _) if other == name),
            // A label that the type does not have is refused in a column as well.
            Use::Write(..) => matches!(probe, Use::Label(..)),
            _ => false,
        }
}

/// Whether a message names the column or constraint that a use is about.
fn names(message: &str, usage: &Use) -> bool {
    usage.subject().1.is_none_or(|member| message.contains(&format!("\"{member}\"")))
}
