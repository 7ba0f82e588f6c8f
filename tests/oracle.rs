//! What another parser of PostgreSQL's SQL accepts, ours understands: over every form of the grammar
//! (`tests/probes/postgres.sql`) and over the example projects, a statement is opaque only where the other parser refuses it
//! too.

use migsafe::change::{Change, OpaqueClass};
use migsafe::lower::lower;
use migsafe::parse::{Lexis, on_big_stack, split_text};
use migsafe::source::Sources;
use squawk_syntax::SourceFile;
use std::path::{Path, PathBuf};

/// The statements in these files that the other parser accepts and ours does not understand.
fn missed(files: Vec<PathBuf>) -> Vec<String> {
    let mut missed = Vec::new();
    let mut sources = Sources::default();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("the file is UTF-8");
        let file = sources.add(&path, text);
        let script = split_text(sources.text(file), file, 0, &Lexis::POSTGRES);
        for statement in &script.statements {
            let text = sources.slice(statement.span);
            let not_understood = lower(&sources, statement).into_iter().find_map(|change| match change.value {
                Change::Opaque(opaque) if opaque.class == OpaqueClass::Syntax => Some(opaque.reason),
                _ => None,
            });
            if let Some(reason) = not_understood.filter(|_| SourceFile::parse(text).errors().is_empty()) {
                missed.push(format!("{}: {text}\n    {reason}", path.display()));
            }
        }
    }
    missed
}

fn sql_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).expect("it can be listed").flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_form_of_the_grammar_is_understood() {
    let missed = on_big_stack(|| missed(vec![root().join("tests/probes/postgres.sql")]));
    assert!(missed.is_empty(), "{} statements\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn the_example_projects_are_understood() {
    let missed = on_big_stack(|| missed(sql_files(&root().join("migrations-examples"))));
    assert!(missed.is_empty(), "{} statements\n{}", missed.len(), missed.join("\n"));
}
