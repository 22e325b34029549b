//! Assignability of types with type variables, by the rules of cel-go's checker: `dyn` agrees with everything,
//! a variable takes the most general type that it has met.

use std::sync::Arc;

use crate::types::Type;

/// Type variables and what they stand for. A failed attempt leaves no trace.
#[derive(Default)]
pub(crate) struct Mapping {
    known: Vec<Option<Type>>,
    trail: Vec<(u32, Option<Type>)>,
    /// `null` agrees with every type, as any field of a document may be null
    pub null_fits: bool,
}

/// Types with more nodes than this are treated as `dyn`: maps of maps of themselves double with every level.
const HEAVY: usize = 1_000;

impl Mapping {
    pub fn fresh(&mut self) -> Type {
        self.known.push(None);
        Type::Param(self.known.len() as u32 - 1)
    }

    fn find(&self, of: &Type) -> Option<&Type> {
        let mut found = None;
        let mut at = of;
        // Variables that stand for variables may form a long chain.
        while let Type::Param(id) = at {
            match self.known.get(*id as usize).and_then(Option::as_ref) {
                Some(next) => {
                    found = Some(next);
                    at = next;
                }
                None => break,
            }
        }
        found
    }

    fn set(&mut self, id: u32, to: Type) {
        let old = self.known[id as usize].replace(to);
        self.trail.push((id, old));
    }

    /// True if values of `b` may stand where `a` is wanted; remembers what it learned about variables.
    pub fn assignable(&mut self, a: &Type, b: &Type) -> bool {
        self.attempt(|this| this.assign(a, b))
    }

    /// The same for several pairs at once.
    pub fn all_assignable(&mut self, a: &[Type], b: &[Type]) -> bool {
        a.len() == b.len() && self.attempt(|this| a.iter().zip(b).all(|(a, b)| this.assign(a, b)))
    }

    fn attempt(&mut self, run: impl FnOnce(&mut Self) -> bool) -> bool {
        let before = self.trail.len();
        let fits = run(self);
        if !fits {
            while self.trail.len() > before {
                if let Some((id, old)) = self.trail.pop() {
                    self.known[id as usize] = old;
                }
            }
        }
        fits
    }

    fn assign(&mut self, a: &Type, b: &Type) -> bool {
        if let Type::Param(id) = b {
            match self.substitution(a, *id) {
                (true, _) => return true,
                (false, true) => return false,
                (false, false) => {}
            }
        }
        if let Type::Param(id) = a {
            return self.substitution(b, *id).0;
        }
        match (a, b) {
            (Type::Dyn, _) | (_, Type::Dyn) => true,
            (Type::Null, other) | (other, Type::Null) => self.null_fits || nullable(other),
            (Type::List(a), Type::List(b)) => self.assign(a, b),
            (Type::Map(a, x), Type::Map(b, y)) => self.assign(a, b) && self.assign(x, y),
            (Type::Optional(Some(a)), Type::Optional(Some(b))) => self.assign(a, b),
            (Type::Type(_), Type::Type(_)) => true,
            (Type::Tree(_), Type::Map(key, value)) => {
                self.assign(&Type::String, key) && self.assign(&Type::Dyn, value)
            }
            (Type::Map(key, value), Type::Tree(_)) => {
                self.assign(key, &Type::String) && self.assign(value, &Type::Dyn)
            }
            (Type::NumberOrString, other) | (other, Type::NumberOrString) => {
                matches!(other, Type::NumberOrString | Type::String | Type::Int | Type::Uint | Type::Double)
            }
            (Type::Wrapper(a), Type::Wrapper(b)) => self.assign(a, b),
            (Type::Wrapper(of), other) | (other, Type::Wrapper(of)) => self.assign(of, other),
            _ => a == b,
        }
    }

    /// Whether a variable can stand for `of`, and whether it stood for something before.
    fn substitution(&mut self, of: &Type, id: u32) -> (bool, bool) {
        if *of == Type::Param(id) {
            return (true, true);
        }
        if let Some(known) = self.known[id as usize].clone() {
            if *of == known {
                return (true, true);
            }
            if self.assign(of, &known) {
                let general = most_general(of, &known);
                if self.absent(id, &general) {
                    self.set(id, general);
                }
                return (true, true);
            }
            return (false, true);
        }
        if self.absent(id, of) {
            self.set(id, of.clone());
            return (true, false);
        }
        (false, false)
    }

    /// True if a variable does not occur in a type.
    fn absent(&self, id: u32, within: &Type) -> bool {
        match within {
            Type::Param(first) => {
                let mut at = *first;
                loop {
                    if at == id {
                        return false;
                    }
                    match self.known.get(at as usize).and_then(Option::as_ref) {
                        Some(Type::Param(next)) => at = *next,
                        Some(known) => return self.absent(id, known),
                        None => return true,
                    }
                }
            }
            Type::List(of) | Type::Wrapper(of) | Type::Type(Some(of)) | Type::Optional(Some(of)) => {
                self.absent(id, of)
            }
            Type::Map(key, value) => self.absent(id, key) && self.absent(id, value),
            _ => true,
        }
    }

    /// The type with every known variable replaced; unknown ones become `dyn` where asked.
    pub fn substitute(&self, of: &Type, unknown_is_dyn: bool) -> Type {
        let inner = |of: &Arc<Type>| Arc::new(self.substitute(of, unknown_is_dyn));
        match of {
            Type::Param(_) => match self.find(of) {
                Some(known) => self.substitute(known, unknown_is_dyn),
                None if unknown_is_dyn => Type::Dyn,
                None => of.clone(),
            },
            Type::List(of) => Type::List(inner(of)),
            Type::Map(key, value) => Type::Map(inner(key), inner(value)),
            Type::Type(Some(of)) => Type::Type(Some(inner(of))),
            Type::Optional(Some(of)) => Type::Optional(Some(inner(of))),
            Type::Wrapper(of) => Type::Wrapper(inner(of)),
            other => other.clone(),
        }
    }

    /// A type that is too big becomes `dyn`.
    pub fn bounded(&self, of: Type) -> Type {
        let mut budget = HEAVY;
        if self.spend(&of, &mut budget) { of } else { Type::Dyn }
    }

    fn spend(&self, of: &Type, budget: &mut usize) -> bool {
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        match of {
            Type::Param(_) => self.find(of).is_none_or(|known| self.spend(known, budget)),
            Type::List(of) | Type::Wrapper(of) | Type::Type(Some(of)) | Type::Optional(Some(of)) => {
                self.spend(of, budget)
            }
            Type::Map(key, value) => self.spend(key, budget) && self.spend(value, budget),
            _ => true,
        }
    }
}

fn nullable(of: &Type) -> bool {
    matches!(
        of,
        Type::Null
            | Type::Opaque(_)
            | Type::Object(_)
            | Type::Optional(_)
            | Type::Duration
            | Type::Timestamp
            | Type::Wrapper(_)
    )
}

/// The more general one of two types that agree.
pub(crate) fn most_general(a: &Type, b: &Type) -> Type {
    if less_specific(a, b) { a.clone() } else { b.clone() }
}

fn less_specific(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Dyn | Type::Param(_), _) => true,
        (_, Type::Dyn | Type::Param(_)) => false,
        (Type::List(a), Type::List(b)) => less_specific(a, b),
        (Type::Map(a, x), Type::Map(b, y)) => less_specific(a, b) && less_specific(x, y),
        (Type::Optional(Some(a)), Type::Optional(Some(b))) => less_specific(a, b),
        (Type::Type(_), Type::Type(_)) => true,
        _ => a == b,
    }
}
