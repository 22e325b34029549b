//! Static types, and the small notation in which signatures are written.

use std::fmt;
use std::sync::Arc;

/// A static type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// anything, decided when it runs
    Dyn,
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `google.protobuf.Timestamp`
    Timestamp,
    /// `google.protobuf.Duration`
    Duration,
    /// `list(T)`
    List(Arc<Type>),
    /// `map(K, V)`
    Map(Arc<Type>, Arc<Type>),
    /// `type(T)`; without a parameter the type of types
    Type(Option<Arc<Type>>),
    /// `optional_type(T)`; without a parameter the bare name
    Optional(Option<Arc<Type>>),
    /// a scalar that may be null
    Wrapper(Arc<Type>),
    /// a type with a name only: `kubernetes.Quantity`, `net.IP`
    Opaque(&'static str),
    /// a type with fields
    Object(Arc<ObjectType>),
    /// an object whose fields a field tree knows, by the tree's name for it
    Tree(Arc<str>),
    /// a JSON scalar that may be a number or a string, such as a quantity
    NumberOrString,
    /// a type parameter of a signature, or a fresh variable of inference
    Param(u32),
}

/// A type with named, typed fields.
#[derive(Debug)]
pub struct ObjectType {
    /// its name
    pub name: String,
    /// its fields
    pub fields: Vec<(String, Type)>,
}

impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ObjectType {}

impl ObjectType {
    /// Type of a field.
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, found)| found)
    }
}

impl Type {
    /// `list(item)`
    pub fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }

    /// `map(key, value)`
    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Arc::new(key), Arc::new(value))
    }

    /// `optional_type(value)`
    pub fn optional(value: Type) -> Type {
        Type::Optional(Some(Arc::new(value)))
    }

    /// `type(of)`
    pub fn of_type(of: Type) -> Type {
        Type::Type(Some(Arc::new(of)))
    }

    /// A type with fields.
    pub fn object(name: &str, fields: Vec<(&str, Type)>) -> Type {
        let fields = fields.into_iter().map(|(field, of)| (field.to_string(), of)).collect();
        Type::Object(Arc::new(ObjectType { name: name.to_string(), fields }))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dyn => f.write_str("dyn"),
            Type::Null => f.write_str("null_type"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Uint => f.write_str("uint"),
            Type::Double => f.write_str("double"),
            Type::String => f.write_str("string"),
            Type::Bytes => f.write_str("bytes"),
            Type::Timestamp => f.write_str("google.protobuf.Timestamp"),
            Type::Duration => f.write_str("google.protobuf.Duration"),
            Type::List(item) => write!(f, "list({item})"),
            Type::Map(key, value) => write!(f, "map({key}, {value})"),
            Type::Type(Some(of)) => write!(f, "type({of})"),
            Type::Type(None) => f.write_str("type"),
            Type::Optional(Some(of)) => write!(f, "optional_type({of})"),
            Type::Optional(None) => f.write_str("optional_type"),
            Type::Wrapper(of) => write!(f, "wrapper({of})"),
            Type::Opaque(name) => f.write_str(name),
            Type::Object(object) => f.write_str(&object.name),
            Type::Tree(name) => f.write_str(name),
            Type::NumberOrString => f.write_str("number or string"),
            Type::Param(_) => f.write_str("dyn"),
        }
    }
}

/// Reads a type of the signature notation: `string`, `list<A>`, `map<A, B>`, `opt<A>`, `type<A>`; capital
/// letters are parameters.
pub(crate) fn read(text: &str) -> Type {
    let text = text.trim();
    if let Some((name, rest)) = text.split_once('<') {
        let inner = rest.strip_suffix('>').unwrap_or(rest);
        return match name {
            "list" => Type::list(read(inner)),
            "opt" => Type::optional(read(inner)),
            "type" => Type::of_type(read(inner)),
            _ => {
                let (key, value) = inner.split_once(',').unwrap_or((inner, "dyn"));
                Type::map(read(key), read(value))
            }
        };
    }
    match text {
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "quantity" => QUANTITY,
        "ip" => IP,
        "cidr" => CIDR,
        "url" => URL,
        "semver" => SEMVER,
        "format" => FORMAT,
        "A" => Type::Param(0),
        "B" => Type::Param(1),
        _ => Type::Dyn,
    }
}

pub(crate) const QUANTITY: Type = Type::Opaque("kubernetes.Quantity");
pub(crate) const IP: Type = Type::Opaque("net.IP");
pub(crate) const CIDR: Type = Type::Opaque("net.CIDR");
pub(crate) const URL: Type = Type::Opaque("kubernetes.URL");
pub(crate) const SEMVER: Type = Type::Opaque("kubernetes.Semver");
pub(crate) const FORMAT: Type = Type::Opaque("kubernetes.NamedFormat");
