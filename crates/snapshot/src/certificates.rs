//! What a public certificate says, kept beside the body before its value is withheld.
//!
//! Sealing adds the member `nachweis.certificates` to the kinds of [`SPOTS`]. It holds facts that anybody may know who
//! opens a connection; the value itself, and everything that lies beside it in a Secret, does not enter. What is no
//! certificate, or one that nobody should guess at, gives no facts.

use nachweis_canon::Json;
use nachweis_model::Instant;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::path::{Step, parse, visit_at};
use crate::withhold::decode_base64;

/// Name of the member that sealing adds to a body; an input's own member of this name is dropped.
pub(crate) const MEMBER: &str = "nachweis";

/// Certificates of one object that are read.
const CERTIFICATES_MAX: usize = 32;
/// Bytes of one value that is read.
const VALUE_BYTES_MAX: usize = 256 << 10;
/// Bytes of one certificate; real ones have 1 to 4 KiB.
const CERTIFICATE_BYTES_MAX: usize = 16 << 10;
/// Names of one certificate that are kept.
const NAMES_MAX: usize = 100;
/// Bytes of a subject, issuer or name; a certificate with longer ones gives no facts.
const TEXT_BYTES_MAX: usize = 1024;

/// How a value holds its certificates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pem,
    /// PEM, or one certificate, in base64
    Base64,
}

/// Where certificates stand: group, kind, place.
const SPOTS: &[(&str, &str, &str, Form)] = &[
    ("", "Secret", "/data/tls.crt", Form::Base64),
    ("", "Secret", "/data/ca.crt", Form::Base64),
    ("", "Secret", "/stringData/tls.crt", Form::Pem),
    ("", "Secret", "/stringData/ca.crt", Form::Pem),
    ("", "ConfigMap", "/data/tls.crt", Form::Pem),
    ("", "ConfigMap", "/data/ca.crt", Form::Pem),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "/webhooks/*/clientConfig/caBundle",
        Form::Base64,
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "/webhooks/*/clientConfig/caBundle",
        Form::Base64,
    ),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "/spec/conversion/webhook/clientConfig/caBundle",
        Form::Base64,
    ),
    ("apiregistration.k8s.io", "APIService", "/spec/caBundle", Form::Base64),
];

/// The facts of all certificates of an object, in the order of their places; `None` where there are none.
pub(crate) fn facts(group: &str, kind: &str, body: &mut Json<'_>) -> Option<Json<'static>> {
    let mut rows = Vec::new();
    for (_, _, place, form) in SPOTS.iter().filter(|(g, k, _, _)| *k == kind && *g == group) {
        let steps: Vec<Step> = parse(place);
        visit_at(body, &steps, &mut String::new(), &mut |value, at| {
            let Some(text) = value.as_str().filter(|text| text.len() <= VALUE_BYTES_MAX) else { return };
            for (position, der) in certificates(text, *form).iter().enumerate() {
                if rows.len() < CERTIFICATES_MAX
                    && let Some(row) = certificate(der, at, position)
                {
                    rows.push(row);
                }
            }
        });
    }
    (!rows.is_empty()).then(|| Json::object([("certificates", Json::Arr(rows))]))
}

/// The certificates of a value as DER.
fn certificates(text: &str, form: Form) -> Vec<Vec<u8>> {
    if form == Form::Pem {
        return pem(text);
    }
    match decode_base64(text.as_bytes()) {
        None => Vec::new(),
        Some(bytes) if bytes.starts_with(&[0x30]) => vec![bytes],
        Some(bytes) => pem(&String::from_utf8_lossy(&bytes)),
    }
}

/// The blocks of a PEM text that are certificates (RFC 7468); line lengths do not matter.
fn pem(text: &str) -> Vec<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let blocks = text.split(BEGIN).skip(1).take(CERTIFICATES_MAX);
    blocks.filter_map(|block| decode_base64(block.split("-----END").next()?.as_bytes())).collect()
}

fn certificate(der: &[u8], at: &str, position: usize) -> Option<Json<'static>> {
    if der.len() > CERTIFICATE_BYTES_MAX {
        return None;
    }
    // The serial number 0, which RFC 5280 forbids, is that of the authority which kubeadm makes.
    let certificate = CertificateInner::<Raw>::from_der(der).ok()?;
    let body = certificate.tbs_certificate();
    let (subject, issuer) = (text(&body.subject().to_string())?, text(&body.issuer().to_string())?);
    let ca = body.get_extension::<BasicConstraints>().ok()?.is_some_and(|(_, basic)| basic.ca);
    let names = match body.get_extension::<SubjectAltName>().ok()? {
        None => Vec::new(),
        Some((_, names)) => names.0.iter().take(NAMES_MAX).filter_map(name).collect(),
    };
    let (key_type, key_bits) = key(body.subject_public_key_info())?;
    let instant = |time: x509_cert::time::Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Some(Json::str(Instant::from_unix(seconds).to_string()))
    };
    let serial = body.serial_number().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(Json::object([
        ("at", Json::str(at.to_string())),
        ("position", Json::Int(i64::try_from(position).ok()?)),
        ("subject", Json::str(subject.clone())),
        ("issuer", Json::str(issuer.clone())),
        ("selfIssued", Json::Bool(subject == issuer)),
        ("ca", Json::Bool(ca)),
        ("serial", Json::str(serial)),
        ("notBefore", instant(body.validity().not_before)?),
        ("notAfter", instant(body.validity().not_after)?),
        ("names", Json::Arr(names)),
        ("keyType", Json::str(key_type)),
        ("keyBits", Json::Int(key_bits)),
        ("signature", Json::str(signature(&certificate.signature_algorithm().oid))),
    ]))
}

fn text(text: &str) -> Option<String> {
    (text.len() <= TEXT_BYTES_MAX).then(|| text.to_string())
}

/// A name as OpenSSL writes it: `DNS:api.example`, `IP:10.0.0.1`, `URI:spiffe://...`, `email:...`.
fn name(name: &GeneralName) -> Option<Json<'static>> {
    let text = match name {
        GeneralName::DnsName(name) => format!("DNS:{name}"),
        GeneralName::UniformResourceIdentifier(name) => format!("URI:{name}"),
        GeneralName::Rfc822Name(name) => format!("email:{name}"),
        GeneralName::IpAddress(bytes) => match *bytes.as_bytes() {
            [a, b, c, d] => format!("IP:{}", std::net::Ipv4Addr::new(a, b, c, d)),
            ref other => {
                let bytes: [u8; 16] = other.try_into().ok()?;
                format!("IP:{}", std::net::Ipv6Addr::from(bytes))
            }
        },
        GeneralName::DirectoryName(name) => format!("DirName:{name}"),
        _ => return None,
    };
    (text.len() <= TEXT_BYTES_MAX).then(|| Json::str(text))
}

/// Type and size of a public key. A type without a name here is given by its object identifier, with size 0.
fn key(key: &SubjectPublicKeyInfoOwned) -> Option<(String, i64)> {
    let oid = key.algorithm.oid.to_string();
    let (name, bits) = match &*oid {
        "1.2.840.113549.1.1.1" => ("RSA", rsa_bits(key.subject_public_key.raw_bytes())?),
        "1.2.840.10045.2.1" => {
            let curve = key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()?;
            let bits = match &*curve.to_string() {
                "1.2.840.10045.3.1.7" => 256,
                "1.3.132.0.34" => 384,
                "1.3.132.0.35" => 521,
                "1.3.132.0.33" => 224,
                _ => 0,
            };
            ("EC", bits)
        }
        "1.3.101.112" => ("Ed25519", 256),
        "1.3.101.113" => ("Ed448", 456),
        "1.2.840.10040.4.1" => ("DSA", 0),
        "2.16.840.1.101.3.4.3.17" => ("ML-DSA-44", 0),
        "2.16.840.1.101.3.4.3.18" => ("ML-DSA-65", 0),
        "2.16.840.1.101.3.4.3.19" => ("ML-DSA-87", 0),
        other => (other, 0),
    };
    Some((name.to_string(), bits))
}

/// Bits of an RSA modulus (RFC 8017 appendix A.1.1).
fn rsa_bits(key: &[u8]) -> Option<i64> {
    let mut reader = SliceReader::new(key).ok()?;
    let bits = reader.sequence(|reader| {
        let modulus = UintRef::decode(reader)?;
        let exponent = UintRef::decode(reader)?;
        let bytes = modulus.as_bytes();
        let zeros = bytes.first().map_or(0, |byte| byte.leading_zeros() as usize);
        Ok::<_, x509_cert::der::Error>((bytes.len() * 8 - zeros, exponent.as_bytes().len()))
    });
    i64::try_from(bits.ok()?.0).ok()
}

/// The usual name of a signature algorithm, else its object identifier.
fn signature(oid: &ObjectIdentifier) -> String {
    let oid = oid.to_string();
    let name = match &*oid {
        "1.2.840.113549.1.1.4" => "MD5-RSA",
        "1.2.840.113549.1.1.5" => "SHA1-RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "SHA256-RSA",
        "1.2.840.113549.1.1.12" => "SHA384-RSA",
        "1.2.840.113549.1.1.13" => "SHA512-RSA",
        "1.2.840.10045.4.1" => "SHA1-ECDSA",
        "1.2.840.10045.4.3.2" => "SHA256-ECDSA",
        "1.2.840.10045.4.3.3" => "SHA384-ECDSA",
        "1.2.840.10045.4.3.4" => "SHA512-ECDSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    };
    name.to_string()
}
