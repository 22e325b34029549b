/// Values of Kubernetes' own types that have no operators.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Opaque {
    /// `kubernetes.NamedFormat`
    Format(&'static str),
}

impl Opaque {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Opaque::Format(_) => "kubernetes.NamedFormat",
        }
    }
}
