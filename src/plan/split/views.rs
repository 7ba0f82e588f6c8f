//! Views in the way of a change: dropped before it and made again behind it, in one migration. The view stays while both versions
//! read it; it is changed in the end, with what it shows, in one transaction.

use super::cut;
use super::group::{Scope, short};
use crate::assess::Phase;
use crate::catalog::{Catalog, Name, View as Known, render};
use crate::change::{AlterTable, Change, CreateView, Ident, ObjectKind, QName, TableAction};
use std::collections::BTreeSet;

/// A view that is there before and after, and not in between.
pub(super) struct View {
    name: Name,
    /// The changes that drop it and make it again: the step within the migration, the atom within the step.
    pub(super) atoms: BTreeSet<(usize, usize)>,
}

/// The views that a migration takes out of the way.
pub(super) fn around(scope: &Scope<'_>) -> Vec<View> {
    let mut out: Vec<View> = Vec::new();
    for (at, atom) in scope.atoms() {
        match &atom.change.value {
            Change::Drop { objects, cascade: false, .. } => {
                let names: Option<Vec<Name>> = objects.iter().map(|object| atom.before.resolve_relation(&object.name)).collect();
                let names = names.unwrap_or_default();
                if !names.is_empty() && names.iter().all(|name| returns(scope, name)) {
                    out.extend(names.into_iter().map(|name| View { name, atoms: [at].into() }));
                }
            }
            Change::CreateView(view) => {
                let name = atom.after.resolve_relation(&view.name);
                if let Some(known) = out.iter_mut().find(|found| Some(&found.name) == name.as_ref()) {
                    known.atoms.insert(at);
                }
            }
            // What the view was granted comes with it.
            Change::Grant(_) => {
                let on: Vec<Name> =
                    atom.change.value.objects().iter().filter_map(|found| atom.before.resolve_relation(&found.name)).collect();
                if let [name] = on.as_slice()
                    && let Some(known) = out.iter_mut().find(|found| found.name == *name)
                {
                    known.atoms.insert(at);
                }
            }
            _ => {}
        }
    }
    out.retain(|view| view.atoms.len() > 1);
    out
}

fn returns(scope: &Scope<'_>, name: &Name) -> bool {
    let plain = |view: &Known| !view.materialized && !view.temporary && view.triggers.is_empty() && view.rules.is_empty();
    let both = scope.before.view(name).zip(scope.after.view(name));
    both.is_some_and(|(before, after)| plain(before) && plain(after))
}

/// Puts the views back into a sequence: where their columns stay, replaced in place; else around the drop of the column that they
/// show.
pub(super) fn put_back(scope: &Scope<'_>, around: &[View], out: &mut Vec<(Phase, String)>) -> Option<String> {
    if around.is_empty() {
        return None;
    }
    // Whoever reads such a column has to know one type or the other: no moment suits both versions.
    if let Some(view) = around.iter().find(|view| retyped(scope, &view.name)) {
        return Some(format!(
            "{} shows a column in another type from then on: make it under another name for the new version",
            scope.sql(&view.name)
        ));
    }
    let dialect = scope.lint.options.dialect;
    let mut end = scope.after.clone();
    let mut drop: Option<usize> = None;
    let mut renamed = false;
    for (at, (_, sql)) in out.iter().enumerate().filter(|(_, (phase, _))| *phase == Phase::Contract) {
        for (table, column) in cut::read(sql).iter().filter_map(dropped) {
            let twin = Ident::from(short(&[column, "new"]));
            let is_twin = |(phase, sql): &&(Phase, String)| {
                *phase == Phase::Expand && cut::read(sql).iter().any(|change| added(change) == Some((table, &twin)))
            };
            if out.iter().any(|found| is_twin(&found)) {
                let action = TableAction::RenameColumn { from: column.clone(), to: twin };
                let alter = AlterTable { kind: ObjectKind::Table, table: table.clone(), if_exists: false, only: false, action };
                renamed |= end.apply(&Change::AlterTable(Box::new(alter)), dialect).is_ok();
            }
            drop = Some(at);
        }
    }
    let created: Vec<(&View, CreateView)> =
        around.iter().filter_map(|view| Some((view, definition(scope, &end, &view.name)?))).collect();
    let in_place = |view: &Name| !renamed && same_columns(scope, view);
    let mut early = Vec::new();
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for (view, create) in created {
        if in_place(&view.name) {
            let create = CreateView { or_replace: true, ..create };
            early.push((Phase::Expand, scope.write(&Change::CreateView(Box::new(create)))));
        } else {
            before.insert(0, (Phase::Contract, format!("DROP VIEW {}", scope.sql(&view.name))));
            behind.push((Phase::Contract, scope.write(&Change::CreateView(Box::new(create)))));
            behind.extend(grants(scope, &end, &view.name).into_iter().map(|sql| (Phase::Contract, sql)));
        }
    }
    match drop {
        Some(at) => {
            out.splice(at + 1..at + 1, behind);
            // Before all else of its transaction: who reads a view locks it before its table.
            let start = out[..at].iter().rposition(|(phase, sql)| *phase == Phase::Contract && !cut::joins(sql));
            let start = start.map_or(0, |last| last + 1);
            out.splice(start..start, before);
        }
        None => out.extend(before.into_iter().chain(behind)),
    }
    out.extend(early);
    None
}

/// Whether a view shows a column in another type than before, as far as that is known.
fn retyped(scope: &Scope<'_>, name: &Name) -> bool {
    let Some((before, after)) = scope.before.view(name).zip(scope.after.view(name)) else { return false };
    before.columns.iter().any(|was| {
        let is = after.columns.iter().find(|is| is.name == was.name);
        is.and_then(|is| is.data_type.as_ref().zip(was.data_type.as_ref())).is_some_and(|(is, was)| is != was)
    })
}

/// The view as it is in the end.
fn definition(scope: &Scope<'_>, end: &Catalog, name: &Name) -> Option<CreateView> {
    let all = render::creation(end, scope.lint.options.dialect);
    let found = all.into_iter().find_map(|change| match change {
        Change::CreateView(view) if end.resolve_relation(&view.name).as_ref() == Some(name) => Some(*view),
        _ => None,
    });
    found.map(|view| CreateView { name: scope.qname(name), ..view })
}

/// The grants on the view as it is in the end.
fn grants(scope: &Scope<'_>, end: &Catalog, name: &Name) -> Vec<String> {
    let all = render::creation(end, scope.lint.options.dialect);
    let on = |change: &&Change| {
        matches!(change, Change::Grant(_))
            && change.objects().iter().any(|found| end.resolve_relation(&found.name).as_ref() == Some(name))
    };
    all.iter().filter(on).map(|change| scope.write(change)).collect()
}

/// Whether a view can be replaced in place: its columns are still there, in their order and types, others only behind them.
fn same_columns(scope: &Scope<'_>, name: &Name) -> bool {
    let Some((before, after)) = scope.before.view(name).zip(scope.after.view(name)) else { return false };
    let known = before.columns_known && after.columns_known && before.columns.len() <= after.columns.len();
    known && before.columns.iter().zip(&after.columns).all(|(was, is)| was == is)
}

fn dropped(change: &Change) -> Option<(&QName, &Ident)> {
    match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::DropColumn { column, .. } => Some((&alter.table, column)),
            _ => None,
        },
        _ => None,
    }
}

fn added(change: &Change) -> Option<(&QName, &Ident)> {
    match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AddColumn { column, .. } => Some((&alter.table, &column.name)),
            _ => None,
        },
        _ => None,
    }
}
