use crate::types::Type;

/// The variables that an expression may name, in the order of their slots.
#[derive(Clone, Debug)]
pub struct Env {
    names: Vec<String>,
    types: Vec<Type>,
    pub(crate) bindings: bool,
}

impl Env {
    /// Variables of type `dyn`.
    pub fn new(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let types = vec![Type::Dyn; names.len()];
        Env { names, types, bindings: false }
    }

    /// Variables with static types.
    pub fn typed(variables: &[(&str, Type)]) -> Self {
        Env {
            names: variables.iter().map(|(name, _)| name.to_string()).collect(),
            types: variables.iter().map(|(_, of)| of.clone()).collect(),
            bindings: false,
        }
    }

    /// The same variables, and the macro `cel.bind`, which Kubernetes does not have.
    #[must_use]
    pub fn with_bindings(mut self) -> Self {
        self.bindings = true;
        self
    }

    /// The variables, in the order of their slots.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(crate) fn slot(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(crate) fn type_of(&self, slot: usize) -> &Type {
        &self.types[slot]
    }
}
