//! The variables of a body whose values are known at the point that is read.

use super::value::{Kind, Value};
use crate::change::TypeName;
use crate::parse::{Token, TokenKind};

/// The values that one variable may have are counted up to here; beyond, it is not known.
const MAX_ALTERNATIVES: usize = 4;

/// The variables in sight, inner ones last.
#[derive(Debug, Clone, Default)]
pub struct Known {
    variables: Vec<Variable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    name: String,
    kind: Kind,
    /// What it may hold; none: that is not known.
    values: Vec<Value>,
    /// Whether that is so only where nobody gave a setting another value.
    assumed: bool,
}

impl Known {
    /// A routine's parameter, which has this value; `None`: it is not known.
    pub fn parameter(&mut self, position: usize, name: Option<&str>, data_type: &TypeName, value: Option<Value>) {
        let kind = Kind::of_type(data_type);
        let value = value.and_then(|value| value.cast(&kind));
        for name in [Some(format!("${position}")), name.map(str::to_owned)].into_iter().flatten() {
            self.declare(name, kind.clone(), value.clone(), false);
        }
    }

    /// A new variable.
    pub(super) fn declare(&mut self, name: String, kind: Kind, value: Option<Value>, assumed: bool) {
        self.variables.push(Variable { name, kind, values: value.into_iter().collect(), assumed });
    }

    /// How many variables are in sight.
    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    /// Leaves only the first so many.
    pub(super) fn truncate(&mut self, len: usize) {
        self.variables.truncate(len);
    }

    /// The one value that the variable has, and whether that is only assumed.
    pub(super) fn get(&self, name: &str) -> Option<(&Value, bool)> {
        let variable = self.find(name)?;
        match variable.values.as_slice() {
            [value] => Some((value, variable.assumed)),
            _ => None,
        }
    }

    fn find(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().rev().find(|variable| variable.name == name)
    }

    /// Whether it is a variable in sight.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether it is a variable of a type whose values are followed.
    pub(super) fn is_scalar(&self, name: &str) -> bool {
        self.find(name).is_some_and(|variable| variable.kind != Kind::Other)
    }

    /// From now on the variable may hold these values.
    pub(super) fn assign(&mut self, name: &str, values: Vec<Value>, assumed: bool) {
        let prefix = format!("{name}.");
        self.variables.iter_mut().filter(|variable| variable.name.starts_with(&prefix)).for_each(|field| field.values.clear());
        if let Some(variable) = self.variables.iter_mut().rev().find(|variable| variable.name == name) {
            let kind = variable.kind.clone();
            let values: Option<Vec<Value>> = values.into_iter().map(|value| value.cast(&kind)).collect();
            variable.values = values.unwrap_or_default();
            variable.assumed = assumed;
        }
    }

    /// Forgets the values of what these tokens may assign to.
    pub(super) fn forget_assigned(&mut self, text: &str, tokens: &[Token]) {
        if self.variables.is_empty() {
            return;
        }
        let mut target = false;
        for (at, token) in tokens.iter().enumerate() {
            let word = token.text(text);
            let next = tokens.get(at + 1).map_or("", |next| next.text(text));
            match token.kind {
                TokenKind::Word | TokenKind::QuotedWord | TokenKind::Parameter => {
                    let name = folded(word);
                    target = match name.as_str() {
                        "into" | "for" | "foreach" | "diagnostics" | "call" => true,
                        "in" | "from" | "loop" | "values" | "using" | "select" => false,
                        _ => target,
                    };
                    let assigns = |at: usize| tokens.get(at).is_some_and(|token| matches!(token.text(text), ":=" | "="));
                    let close = || tokens[at..].iter().position(|token| token.text(text) == "]").map_or(at, |close| at + close);
                    let part = next == "." && assigns(at + 3) || next == "[" && assigns(close() + 1);
                    if target || part || assigns(at + 1) {
                        self.assign(&name, Vec::new(), false);
                    }
                }
                TokenKind::Delimiter => target = false,
                _ => {}
            }
        }
    }

    /// What is known where these ways come together: each variable may have what it has on any of them.
    pub(super) fn join(ways: Vec<Known>) -> Known {
        let mut ways = ways.into_iter();
        let mut joined = ways.next().unwrap_or_default();
        for way in ways {
            for (variable, other) in joined.variables.iter_mut().zip(way.variables) {
                variable.assumed |= other.assumed;
                if variable.values.is_empty() || other.values.is_empty() {
                    variable.values.clear();
                    continue;
                }
                for value in other.values {
                    if !variable.values.contains(&value) {
                        variable.values.push(value);
                    }
                }
                if variable.values.len() > MAX_ALTERNATIVES {
                    variable.values.clear();
                }
            }
        }
        joined
    }

    /// The same with one value for each variable that these tokens name: one for each choice, where they are few.
    pub(super) fn choices(&self, text: &str, tokens: &[Token]) -> Vec<Known> {
        let mut choices = vec![self.clone()];
        for token in tokens.iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord)) {
            let name = folded(token.text(text));
            let at = choices[0].variables.iter().rposition(|variable| variable.name == name && variable.values.len() > 1);
            let Some(at) = at else { continue };
            let values = self.variables[at].values.clone();
            if choices.len() * values.len() > MAX_ALTERNATIVES {
                return vec![self.clone()];
            }
            let each = |choice: &Known| {
                let choice = choice.clone();
                values.clone().into_iter().map(move |value| {
                    let mut choice = choice.clone();
                    choice.variables[at].values = vec![value];
                    choice
                })
            };
            choices = choices.iter().flat_map(each).collect();
        }
        choices
    }
}

/// A word as the server reads it: in small letters unless it is quoted.
pub fn folded(word: &str) -> String {
    match word.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').replace("\"\"", "\""),
        None => word.to_lowercase(),
    }
}
