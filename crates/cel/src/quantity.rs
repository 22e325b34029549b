//! Resource quantities as Kubernetes reads them: `250m`, `1Gi`, `1e3`.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};

use crate::error::Fault;

/// How a quantity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Exponent,
    Binary,
    Si,
}

/// Upstream keeps small values in an int64 with a scale; only these can be integers to the language.
#[derive(Clone, Debug)]
enum Amount {
    Fast { value: i64, scale: i32 },
    Exact { value: BigInt, scale: i32 },
}

/// An amount of a resource.
#[derive(Clone, Debug)]
pub struct Quantity {
    amount: Amount,
    format: Format,
    /// the text, where it was canonical already
    text: Option<Box<str>>,
}

const NANO: i32 = -9;
/// Digits that an int64 surely holds.
const FAST_DIGITS: i32 = 18;
/// Largest power of ten, and most digits, that we read; Kubernetes has no bound.
const MAX_EXPONENT: i64 = 1_000;

fn wrong_format() -> Fault {
    Fault::conversion("quantities must look like `250m`, `1.5`, `1Gi` or `1e3`")
}

fn suffix(text: &str) -> Option<(u32, i32, Format)> {
    Some(match text {
        "" => (10, 0, Format::Si),
        "n" => (10, -9, Format::Si),
        "u" => (10, -6, Format::Si),
        "m" => (10, -3, Format::Si),
        "k" => (10, 3, Format::Si),
        "M" => (10, 6, Format::Si),
        "G" => (10, 9, Format::Si),
        "T" => (10, 12, Format::Si),
        "P" => (10, 15, Format::Si),
        "E" => (10, 18, Format::Si),
        "Ki" => (2, 10, Format::Binary),
        "Mi" => (2, 20, Format::Binary),
        "Gi" => (2, 30, Format::Binary),
        "Ti" => (2, 40, Format::Binary),
        "Pi" => (2, 50, Format::Binary),
        "Ei" => (2, 60, Format::Binary),
        _ => {
            let digits = text.strip_prefix(['e', 'E'])?;
            let exponent: i64 = digits.parse().ok()?;
            if exponent.abs() > MAX_EXPONENT {
                return None;
            }
            (10, exponent as i32, Format::Exponent)
        }
    })
}

/// Sign, digits before and behind the point, and suffix of a text.
struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let rest = rest.trim_start_matches('0');
    if rest.is_empty() {
        return Some(Parts { negative, whole: "0", fraction: "", suffix: "" });
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at(digits(rest));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(behind) => behind.split_at(digits(behind)),
        None => ("", rest),
    };
    // A suffix is letters, perhaps a sign, perhaps digits.
    let letters = suffix.bytes().take_while(|b| b"eEinumkKMGTP".contains(b)).count();
    let behind = &suffix[letters..];
    let behind = behind.strip_prefix(['-', '+']).unwrap_or(behind);
    if digits(behind) != behind.len() {
        return None;
    }
    Some(Parts { negative, whole: if whole.is_empty() { "0" } else { whole }, fraction, suffix })
}

fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// Divides by a power of ten, away from zero.
fn divide_up(value: &BigInt, power: u32) -> BigInt {
    let divisor = ten_to(power);
    let quotient = value / &divisor;
    if &quotient * &divisor == *value {
        quotient
    } else if value.sign() == Sign::Minus {
        quotient - 1
    } else {
        quotient + 1
    }
}

impl Quantity {
    pub(crate) fn parse(text: &str) -> Result<Quantity, Fault> {
        if text == "0" {
            let amount = Amount::Fast { value: 0, scale: 0 };
            return Ok(Quantity { amount, format: Format::Si, text: Some(text.into()) });
        }
        let parts = split(text).ok_or_else(wrong_format)?;
        let (base, exponent, format) =
            suffix(parts.suffix).ok_or_else(|| Fault::conversion("unable to parse quantity's suffix"))?;
        if (parts.whole.len() + parts.fraction.len()) as i64 > MAX_EXPONENT {
            return Err(Fault::conversion("the quantity has too many digits"));
        }
        if let Some(fast) = Quantity::fast(text, &parts, base, exponent, format) {
            return Ok(fast);
        }
        Quantity::exact(&parts, base, exponent, format)
    }

    fn fast(text: &str, parts: &Parts<'_>, base: u32, exponent: i32, format: Format) -> Option<Quantity> {
        let digits = (parts.whole.len() + parts.fraction.len()) as i32;
        let (scale, mantissa, precision) = match base {
            10 => (exponent, 1, FAST_DIGITS - digits),
            // A power of 1024 costs about three digits.
            _ if parts.fraction.is_empty() => {
                (0, 1i64 << exponent, 15 - parts.whole.len() as i32 - exponent * 3 / 10 - 1)
            }
            _ => return None,
        };
        let scale = scale - parts.fraction.len() as i32;
        if precision < 0 || scale < NANO {
            return None;
        }
        // At most as many digits as an int64 surely holds.
        let shifted = || parts.whole.bytes().chain(parts.fraction.bytes());
        let value = shifted().fold(0i64, |value, digit| value * 10 + i64::from(digit - b'0'));
        let result = value.checked_mul(mantissa)?;
        let canonical = match format {
            Format::Binary => exponent % 10 == 0 && value & 7 != 0,
            _ => scale % 3 == 0 && (digits < 3 || value % 1_000 != 0) && shifted().next() != Some(b'0'),
        };
        let value = if parts.negative { -result } else { result };
        let amount = Amount::Fast { value, scale };
        Some(Quantity { amount, format, text: canonical.then(|| text.into()) })
    }

    fn exact(parts: &Parts<'_>, base: u32, exponent: i32, mut format: Format) -> Result<Quantity, Fault> {
        let digits = format!("{}{}", parts.whole, parts.fraction);
        let mut value: BigInt = digits.parse().map_err(|_| wrong_format())?;
        let mut scale = -(parts.fraction.len() as i32);
        if base == 10 {
            scale += exponent;
        } else {
            value <<= exponent;
        }
        if value.sign() != Sign::NoSign {
            // Upstream keeps such values as a whole number of nano units, which shows in doubles made of them.
            value = match scale < NANO {
                true => divide_up(&value, (NANO - scale) as u32),
                false => value * ten_to((scale - NANO) as u32),
            };
            scale = NANO;
        }
        if format == Format::Binary {
            let max = BigInt::from(i64::MAX);
            if order_scaled(&value, scale, &max, 0).is_gt() {
                (value, scale) = (max, 0);
            }
            if value.sign() == Sign::Plus && order_scaled(&value, scale, &BigInt::from(1), 0).is_lt() {
                format = Format::Si;
            }
        }
        if parts.negative {
            value = -value;
        }
        Ok(Quantity { amount: Amount::Exact { value, scale }, format, text: None })
    }

    fn exact_parts(&self) -> (BigInt, i32) {
        match &self.amount {
            Amount::Fast { value, scale } => (BigInt::from(*value), *scale),
            Amount::Exact { value, scale } => (value.clone(), *scale),
        }
    }

    pub(crate) fn order(&self, other: &Quantity) -> Ordering {
        if let (Amount::Fast { value: a, scale: x }, Amount::Fast { value: b, scale: y }) =
            (&self.amount, &other.amount)
        {
            if x == y {
                return a.cmp(b);
            }
            let apart = x.abs_diff(*y);
            if apart <= 18 {
                let factor = 10i128.pow(apart);
                let scaled = |value: i64, up: bool| i128::from(value) * if up { factor } else { 1 };
                return scaled(*a, x > y).cmp(&scaled(*b, y > x));
            }
        }
        let ((a, x), (b, y)) = (self.exact_parts(), other.exact_parts());
        order_scaled(&a, x, &b, y)
    }

    pub(crate) fn sign(&self) -> i64 {
        match &self.amount {
            Amount::Fast { value, .. } => value.signum(),
            Amount::Exact { value, .. } => match value.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }

    /// The value as an int64, where upstream holds it in one.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.amount {
            Amount::Fast { value, scale: 0 } => Some(value),
            Amount::Fast { value, scale } if scale > 0 => {
                10i64.checked_pow(scale as u32).and_then(|factor| value.checked_mul(factor))
            }
            _ => None,
        }
    }

    pub(crate) fn as_double(&self) -> f64 {
        let (base, scale) = match &self.amount {
            Amount::Fast { value, scale } => (*value as f64, *scale),
            Amount::Exact { value, scale } => (value.to_string().parse().unwrap_or(f64::NAN), *scale),
        };
        if scale == 0 {
            return base;
        }
        let power: f64 = format!("1e{scale}").parse().unwrap_or(f64::NAN);
        base * power
    }

    pub(crate) fn from_int(value: i64) -> Quantity {
        Quantity { amount: Amount::Fast { value, scale: 0 }, format: Format::Exponent, text: None }
    }

    pub(crate) fn plus(&self, other: &Quantity, negate: bool) -> Quantity {
        let format = if self.sign() == 0 { other.format } else { self.format };
        let amount = self.fast_sum(other, negate).unwrap_or_else(|| {
            let ((a, x), (mut b, y)) = (self.exact_parts(), other.exact_parts());
            if negate {
                b = -b;
            }
            let scale = x.min(y);
            let value = a * ten_to((x - scale) as u32) + b * ten_to((y - scale) as u32);
            Amount::Exact { value, scale }
        });
        Quantity { amount, format, text: None }
    }

    fn fast_sum(&self, other: &Quantity, negate: bool) -> Option<Amount> {
        let (Amount::Fast { value: a, scale: x }, Amount::Fast { value: b, scale: y }) =
            (&self.amount, &other.amount)
        else {
            return None;
        };
        let b = if negate { b.checked_neg()? } else { *b };
        if b == 0 {
            return Some(Amount::Fast { value: *a, scale: *x });
        }
        if *a == 0 {
            return Some(Amount::Fast { value: b, scale: *y });
        }
        let scale = *x.min(y);
        let scaled = |value: i64, from: i32| {
            10i64.checked_pow((from - scale) as u32).and_then(|factor| value.checked_mul(factor))
        };
        Some(Amount::Fast { value: scaled(*a, *x)?.checked_add(scaled(b, *y)?)?, scale })
    }
}

/// Compares `a * 10^x` with `b * 10^y`.
fn order_scaled(a: &BigInt, x: i32, b: &BigInt, y: i32) -> Ordering {
    let scale = x.min(y);
    (a * ten_to((x - scale) as u32)).cmp(&(b * ten_to((y - scale) as u32)))
}

impl fmt::Display for Quantity {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        if self.sign() == 0 {
            return f.write_str("0");
        }
        let (value, scale) = self.exact_parts();
        let k = BigInt::from(1024);
        let small =
            order_scaled(&value, scale, &-&k, 0).is_gt() && order_scaled(&value, scale, &k, 0).is_lt();
        if self.format == Format::Binary && !small {
            let whole = if scale >= 0 {
                Some(&value * ten_to(scale as u32))
            } else {
                let rounded = divide_up(&value, -scale as u32);
                order_scaled(&value, scale, &rounded, 0).is_eq().then_some(rounded)
            };
            if let Some(mut whole) = whole {
                let mut times = 0;
                while &whole % &k == BigInt::ZERO && times < 6 {
                    whole /= &k;
                    times += 1;
                }
                return write!(f, "{whole}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][times]);
            }
        }
        let (mut value, mut scale) = (value, scale);
        let ten = BigInt::from(10);
        while &value % &ten == BigInt::ZERO {
            value /= &ten;
            scale += 1;
        }
        let extra = scale.rem_euclid(3);
        value *= ten_to(extra as u32);
        scale -= extra;
        let si = match scale {
            -9 => "n",
            -6 => "u",
            -3 => "m",
            0 => "",
            3 => "k",
            6 => "M",
            9 => "G",
            12 => "T",
            15 => "P",
            18 => "E",
            _ => "",
        };
        if self.format == Format::Exponent && scale != 0 {
            return write!(f, "{value}e{scale}");
        }
        write!(f, "{value}{si}")
    }
}
