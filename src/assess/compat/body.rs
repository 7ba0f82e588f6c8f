//! Statements in routines' bodies that a schema state makes fail, although nobody touched the routine: the server does not look into
//! bodies before they run. Only what certainly fails is told.

use crate::catalog::{Around, Catalog, CatalogRoutine, Name, ResolvedStatement, Table, ViewColumn};
use crate::change::{Block, Change, Data, DataKind, Ident, ParameterMode, QName, RoutineBody, SourceKind, Trigger};
use crate::dialect::{AppError, Dialect};
use crate::lower::{self, folded};
use crate::parse::{Lexis, Scanner, Token, TokenKind};

/// A routine's body, read.
pub(super) struct Body<'a> {
    routine: &'a CatalogRoutine,
    text: &'a str,
    block: Block,
}

impl<'a> Body<'a> {
    /// Reads it; nothing where it is no text.
    pub fn read(routine: &'a CatalogRoutine) -> Option<Body<'a>> {
        let RoutineBody::Text(text) = &routine.routine.body else { return None };
        let block = lower::body(text, &routine.routine.language);
        Some(Body { routine, text, block })
    }

    /// What it meets on a state; `rows` is the relation whose rows it gets, where a trigger calls it.
    pub fn error(&self, state: &Catalog, rows: Option<&Name>, dialect: &dyn Dialect) -> Option<AppError> {
        let of_its_own = self.in_its_path(state);
        let hidden = of_its_own.as_ref().and_then(|own| self.hidden(state, own));
        if hidden.is_some() {
            return hidden;
        }
        let state = of_its_own.as_ref().unwrap_or(state);
        let field = rows.and_then(|rows| self.missing_field(state, rows));
        field.or_else(|| {
            let variables = self.variables();
            self.block.statements.iter().find_map(|statement| {
                let Change::Data(data) = &statement.change.value else { return None };
                let query = data.query.as_ref()?;
                let around = Around { rows, variables: &variables, inserts: data.kind == DataKind::Insert };
                let resolved = state.resolve_statement(query, around, dialect);
                if let Some(column) = &resolved.ambiguous {
                    return Some(AppError::AmbiguousColumn { column: column.clone() });
                }
                match data.kind {
                    DataKind::Insert => self.inserted(data, &resolved, state, rows, dialect),
                    DataKind::Select if statement.returned => self.returned(state, resolved.columns.first()?.as_ref()?),
                    _ => None,
                }
            })
        })
    }

    /// The state as the routine sees it, where it sets a search path for itself.
    fn in_its_path(&self, state: &Catalog) -> Option<Catalog> {
        let (_, path) = self.routine.routine.settings.iter().find(|(name, _)| name == "search_path")?;
        let schemas = path.split(',').map(|schema| schema.trim().trim_matches(['\'', '"'])).filter(|schema| !schema.is_empty());
        let mut own = state.clone();
        own.session.search_path = schemas.map(Ident::from).collect();
        Some(own)
    }

    /// A relation that the session's search path finds and the routine's does not.
    fn hidden(&self, state: &Catalog, own: &Catalog) -> Option<AppError> {
        self.block.statements.iter().find_map(|statement| {
            let Change::Data(data) = &statement.change.value else { return None };
            let selects = data.query.iter().flat_map(|query| query.selects.iter());
            let sources = selects.flat_map(|select| &select.sources).filter_map(|source| match &source.from {
                SourceKind::Relation(name) => Some(name),
                SourceKind::Select(_) | SourceKind::Function(_) | SourceKind::Unknown => None,
            });
            let missing = |name: &&QName| state.resolve_relation(name).is_some() && own.resolve_relation(name).is_none();
            let found = data.table.iter().chain(sources).find(missing)?;
            Some(AppError::NoRelation { relation: found.to_string() })
        })
    }

    /// The names that stand for variables where a column of that name may be meant as well.
    fn variables(&self) -> Vec<Ident> {
        if self.routine.routine.language != "plpgsql" || self.text.contains("#variable_conflict") {
            return Vec::new();
        }
        let parameters = self.routine.routine.parameters.iter().filter_map(|parameter| parameter.name.clone());
        parameters.chain(self.block.variables.iter().cloned()).collect()
    }

    /// `INSERT INTO table SELECT OLD.*`: more values than columns, or values in the places of other columns.
    fn inserted(
        &self,
        data: &Data,
        resolved: &ResolvedStatement,
        state: &Catalog,
        rows: Option<&Name>,
        dialect: &dyn Dialect,
    ) -> Option<AppError> {
        let table = state.table(&state.resolve_relation(data.table.as_ref()?)?)?;
        let values = match (&data.rows, data.query.as_ref()?.selects.len()) {
            (Some(_), _) => self.listed(data, state, rows)?,
            (None, 2) => resolved.columns.get(1)?.clone()?,
            // Which of them gives the rows is not told.
            (None, _) => return None,
        };
        let targets: Vec<&Ident> = match &data.columns {
            Some(columns) => columns.iter().collect(),
            None => table.columns.iter().map(|column| &column.name).collect(),
        };
        if values.len() > targets.len() || data.columns.is_some() && values.len() < targets.len() {
            return Some(AppError::InsertCount { more: values.len() > targets.len() });
        }
        values.iter().zip(targets).find_map(|(value, target)| {
            let (from, to) = (value.data_type.as_ref()?, &table.column(target)?.data_type);
            // Of other values the type is only guessed.
            let certain = value.source.is_some() && !dialect.assigns(from, to, state);
            certain.then(|| AppError::TypeMismatch {
                column: target.clone(),
                data_type: dialect.type_text(to),
                value: dialect.type_text(from),
            })
        })
    }

    /// The values of `VALUES (...)` with one row, where a whole row stands among them.
    fn listed(&self, data: &Data, state: &Catalog, rows: Option<&Name>) -> Option<Vec<ViewColumn>> {
        if data.rows.as_ref()?.len() != 1 {
            return None;
        }
        let text = &*data.query.as_ref()?.text.sql;
        let tokens = tokens(text);
        let values = tokens.iter().position(|token| token.is_word(text, "VALUES"))?;
        let row = state.relation_columns(rows?)?;
        let (mut depth, mut out, mut whole) = (0, Vec::new(), false);
        let mut start = values + 2;
        for at in values + 1..tokens.len() {
            let sign = tokens[at].text(text);
            let ends = depth == 1 && matches!(sign, "," | ")");
            if ends {
                match &tokens[start..at] {
                    [name, _, star] if is_row(name.text(text)) && star.text(text) == "*" => {
                        whole = true;
                        out.extend(row.iter().cloned());
                    }
                    _ => out.push(ViewColumn { name: "".into(), data_type: None, source: None }),
                }
                start = at + 1;
            }
            match sign {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        whole.then_some(out)
    }

    /// The rows of a query against those that the routine is said to give.
    fn returned(&self, state: &Catalog, columns: &[ViewColumn]) -> Option<AppError> {
        let routine = &self.routine.routine;
        let out = |mode: ParameterMode| matches!(mode, ParameterMode::Out | ParameterMode::InOut | ParameterMode::Table);
        let outs: Vec<_> = routine.parameters.iter().filter(|parameter| out(parameter.mode)).map(|p| &p.data_type).collect();
        let (count, returns) = match (outs.as_slice(), &routine.returns) {
            ([_, _, ..], _) => (outs.len(), "record".into()),
            ([only], _) => (1, only.name.clone()),
            ([], Some(returns)) => {
                let relation = state.resolve_relation(&returns.qname())?;
                (state.relation_columns(&relation)?.len(), returns.name.clone())
            }
            ([], None) => return None,
        };
        let sql = routine.language == "sql";
        let fits = columns.len() == count || sql && !routine.returns_set && columns.is_empty();
        (!fits).then_some(AppError::ResultShape { returns, in_query: !sql })
    }

    /// `NEW.column` and `OLD.column` where the relation has no such column.
    fn missing_field(&self, state: &Catalog, rows: &Name) -> Option<AppError> {
        let (text, tokens) = (self.text, tokens(self.text));
        // A function for several tables asks which one it is; an error that is caught is none.
        let word = |word: &str| tokens.iter().any(|token| token.is_word(text, word));
        let unsure = ["TG_TABLE_NAME", "TG_RELNAME", "TG_RELID", "TG_ARGV", "TG_NAME", "TG_NARGS", "EXCEPTION"];
        let caught = |name: &&str| *name != "EXCEPTION" && word(name);
        let handler = tokens.windows(2).any(|pair| pair[0].is_word(text, "EXCEPTION") && pair[1].is_word(text, "WHEN"));
        if self.routine.routine.language != "plpgsql" || handler || unsure.iter().any(caught) {
            return None;
        }
        let columns = state.relation_columns(rows)?;
        tokens.windows(3).enumerate().find_map(|(at, three)| {
            let [row, dot, field] = three else { return None };
            let row = if row.is_word(text, "NEW") { "new" } else { "old" };
            let named = is_row(three[0].text(text))
                && dot.text(text) == "."
                && matches!(field.kind, TokenKind::Word | TokenKind::QuotedWord);
            let qualified = at > 0 && tokens[at - 1].text(text) == ".";
            let column = folded(field.text(text));
            let missing = named && !qualified && !columns.iter().any(|own| own.name == column);
            missing.then(|| AppError::NoRowField { row, column: column.into() })
        })
    }
}

/// Whether a trigger of a table takes the rows of another out of the way before one is deleted.
pub(super) fn clears(state: &Catalog, table: &Table, other: &Name) -> bool {
    let before_delete = |trigger: &Trigger| trigger.timing == "BEFORE" && trigger.fires_on("DELETE");
    writes(state, table, other, before_delete, &[DataKind::Delete, DataKind::Update])
}

/// Whether a trigger makes rows in another table for those that are inserted.
pub(super) fn makes(state: &Catalog, table: &Table, other: &Name) -> bool {
    let on_insert = |trigger: &Trigger| trigger.fires_on("INSERT");
    writes(state, table, other, on_insert, &[DataKind::Insert])
}

/// Whether the function of a trigger writes to another table by one of these statements.
fn writes(state: &Catalog, table: &Table, other: &Name, when: impl Fn(&Trigger) -> bool, kinds: &[DataKind]) -> bool {
    let fires = |trigger: &&std::sync::Arc<Trigger>| trigger.fires() && when(trigger);
    table.triggers.iter().filter(fires).filter_map(|trigger| state.resolve_routine(&trigger.function)).any(|name| {
        let bodies = state.routines.get(&name).into_iter().flat_map(|all| all.iter()).filter_map(Body::read);
        let mut statements = bodies.flat_map(|body| body.block.statements);
        statements.any(|statement| match &statement.change.value {
            Change::Data(data) => {
                let written = data.table.as_ref().and_then(|table| state.resolve_relation(table));
                kinds.contains(&data.kind) && written.as_ref() == Some(other)
            }
            _ => false,
        })
    })
}

fn is_row(word: &str) -> bool {
    word.eq_ignore_ascii_case("new") || word.eq_ignore_ascii_case("old")
}

/// The tokens of a body, without white space and comments.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let lexis = Lexis { meta_commands: false, copy_data: false, ..Lexis::POSTGRES };
    Scanner::new(text, &lexis).filter(|token| !token.is_trivia()).collect()
}
