//! How values are written for people. What is long is cut: elements may be shared, so that a small value can be
//! very long as text.

use std::fmt::{self, Write};

use crate::number::go_g;
use crate::time::duration_text;
use crate::value::Value;

/// Characters after which a text is cut.
const MAX_SHOWN: usize = 4_096;

/// Writes until its budget is spent, then says that it is cut.
struct Limited<'f, 'g> {
    out: &'f mut fmt::Formatter<'g>,
    left: usize,
}

impl Write for Limited<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.left == 0 {
            return Err(fmt::Error);
        }
        let end = text.char_indices().nth(self.left).map_or(text.len(), |(at, _)| at);
        self.out.write_str(&text[..end])?;
        self.left -= text[..end].chars().count();
        if self.left == 0 {
            self.out.write_str("…")?;
            return Err(fmt::Error);
        }
        Ok(())
    }
}

impl fmt::Display for Value<'_> {
    /// The text of a scalar, the elements of a container; withheld strings stay marked. Long texts are cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut limited = Limited { out: f, left: MAX_SHOWN };
        match plain(self, &mut limited) {
            // A spent budget is no error of the formatter.
            Err(_) if limited.left == 0 => Ok(()),
            result => result,
        }
    }
}

impl fmt::Debug for Value<'_> {
    /// The type and the text, cut where it is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({self})", self.type_name())
    }
}

fn plain(value: &Value<'_>, out: &mut Limited<'_, '_>) -> fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::Uint(value) => write!(out, "{value}"),
        Value::Double(value) => out.write_str(&go_g(*value)),
        Value::Str(text) | Value::Type(text) => out.write_str(text),
        Value::Bytes(bytes) => out.write_str(&String::from_utf8_lossy(bytes)),
        Value::List(items) => {
            out.write_str("[")?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                quoted(item, out)?;
            }
            out.write_str("]")
        }
        Value::Map(map) => {
            out.write_str("{")?;
            for (at, (key, value)) in map.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                quoted(&key.clone().into_value(), out)?;
                out.write_str(": ")?;
                quoted(value, out)?;
            }
            out.write_str("}")
        }
        Value::Json(json) => {
            let mut bytes = Vec::new();
            nachweis_canon::write(json, &mut bytes);
            out.write_str(&String::from_utf8_lossy(&bytes))
        }
        Value::Timestamp(at) => out.write_str(&at.text()),
        Value::Duration(nanos) => out.write_str(&duration_text(*nanos)),
        Value::Optional(None) => out.write_str("optional.none()"),
        Value::Optional(Some(inner)) => {
            out.write_str("optional.of(")?;
            quoted(inner, out)?;
            out.write_str(")")
        }
        Value::Quantity(quantity) => write!(out, "{quantity}"),
        Value::Opaque(opaque) => write!(out, "{opaque}"),
    }
}

fn quoted(value: &Value<'_>, out: &mut Limited<'_, '_>) -> fmt::Result {
    match value {
        Value::Str(text) => write!(out, "{:?}", &**text),
        other => plain(other, out),
    }
}
