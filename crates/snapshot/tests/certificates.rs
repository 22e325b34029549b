//! Public certificates leave their facts in the body; what lies beside them leaves nothing.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Files, inline, settings, try_seal};
use nachweis_canon::Json;

/// An authority on P-256 with the serial number 0, and with every kind of name.
const EC: &str = "\
-----BEGIN CERTIFICATE-----
MIICDTCCAbOgAwIBAgIBADAKBggqhkjOPQQDAjA7MQswCQYDVQQGEwJERTEWMBQG
A1UECgwNRXhhbXBsZSwgSW5jLjEUMBIGA1UEAwwLYXBpLmV4YW1wbGUwHhcNMjYx
MTI0MTA1MDQ0WhcNMjcwMjIyMTA1MDQ0WjA7MQswCQYDVQQGEwJERTEWMBQGA1UE
CgwNRXhhbXBsZSwgSW5jLjEUMBIGA1UEAwwLYXBpLmV4YW1wbGUwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAAScckNzf62YNRJlCNXskfBpIY6UuzCPLD0v+jL0Xu3n
vy7Ux7uJTgkwvQfZOtvpyge75FCUTgzgyDX84MNBj83xo4GnMIGkMB0GA1UdDgQW
BBQxKqIb0oRiOdYNCzlBPFpZkWrtrDAfBgNVHSMEGDAWgBQxKqIb0oRiOdYNCzlB
PFpZkWrtrDBRBgNVHREESjBIggthcGkuZXhhbXBsZYcECgAAAYcQ/QAAAAAAAAAA
AAAAAAAAAYYPc3BpZmZlOi8veC9ucy95gRBvcHNAZXhhbXBsZS50ZXN0MA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOyMY4phGMkPQlYfQEOZbIV6i
KvBd+t2wRT97yH/qo9sCIQCDk29qsJCIT00oTBRWeEz2RrDqng851jGJbt1KMVrz
Bw==
-----END CERTIFICATE-----
";
/// RSA with 2048 bits.
const RSA: &str = "\
-----BEGIN CERTIFICATE-----
MIIC+zCCAeOgAwIBAgICCj8wDQYJKoZIhvcNAQELBQAwFjEUMBIGA1UEAwwLcnNh
LmV4YW1wbGUwHhcNMjYxMTI0MTA1MDQ1WhcNMjcwMjIyMTA1MDQ1WjAWMRQwEgYD
VQQDDAtyc2EuZXhhbXBsZTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEB
AJVY36ntD7EWGlkvzopB/CxASByzutCeIhALx/FJarY7AR6dOwEAcAiQtBVeTvGg
RQ7QX7uvygw2uzK5olq5twoOgyx/JGh94NA4S6E8kWmQ6muvGpgsZJx6DMvrAynO
c4d1edyCGXLWFb0Dza2AY7enNcG96aoJhRyp2lpHZqElUbyfe1tnCQ0EUKDNl2tU
axOc7gUu6+w+xO9PtfB+sdrDuK0XZMSehyyy7LHVnUVC7b+yCV/4vvWoOd3XUJl9
0jO6I10OT36y/l8JoJuwfrlARCbzEEkMtPnveN1rwuKtCLHVrjPZrSnOMWdjRPrT
g0rl0kdQry5vp2LyDf403ykCAwEAAaNTMFEwHQYDVR0OBBYEFK0vW7dkyVsASi1A
p7e1YMCjNvGSMB8GA1UdIwQYMBaAFK0vW7dkyVsASi1Ap7e1YMCjNvGSMA8GA1Ud
EwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAC+w068Bq1Jx9XxmpoC9voG5
+QHfSoDdXon7ygd72uLXVv6Qvn2FxNYNsb80oDILUuUxEsVcj03K6+QslvWdd5CN
fy1YF8618x5xp5qr7Nd3ssvn0avqgBK7hSrzqsMDoPzpTqAlnsZJts9aK2K7fEPS
RRLV31Ipiu9PIesch6gayTDo9VYmww7tqWTbsTOTfRU8yOynOaDGk2ZqTNSClYR4
SJIkKJQU4rX8AK6UTAt74stctjeb3ozg3eBwCov1OaZASGRWoSsc9txyDn40Eq93
IvqHY9i+rAx2bCZX3rYbR908YwQ80XT1r0cejwgP2F0igLnq6ivssNbzsvh2HW8=
-----END CERTIFICATE-----
";

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}

/// The sealed body of the only item.
fn sealed(object: String) -> Json<'static> {
    let files: Files = inline(&[("a.json", &object)]);
    let kept = try_seal(settings(), &files).unwrap();
    let mut out = None;
    kept.open()
        .read::<()>(&|_, _| true, &mut |item| {
            out = Some(item.bodies[0].clone().into_owned());
            Ok(())
        })
        .unwrap();
    out.unwrap()
}

#[test]
fn a_secret_keeps_what_its_certificates_say() {
    let chain = base64(&format!("{EC}{RSA}"));
    let body = sealed(format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"t"}},"type":"kubernetes.io/tls","nachweis":{{"certificates":[{{"at":"forged"}}]}},
            "data":{{"tls.crt":"{chain}","tls.key":"c2VjcmV0","ca.crt":"bm9uZQ=="}}}}"#
    ));
    let text = String::from_utf8(body.canonical()).unwrap();
    assert!(!text.contains("c2VjcmV0") && !text.contains(&chain) && !text.contains("forged"), "{text}");
    assert_eq!(body.text(&["data", "tls.crt"]), Some("nachweis:withheld"));
    let rows = body.list(&["nachweis", "certificates"]);
    let text = |row: usize| String::from_utf8(rows[row].canonical()).unwrap();
    assert_eq!(
        text(0),
        concat!(
            r#"{"at":"/data/tls.crt","ca":true,"issuer":"CN=api.example,O=Example\\, Inc.,C=DE","keyBits":256,"keyType":"EC","#,
            r#""names":["DNS:api.example","IP:10.0.0.1","IP:fd00::1","URI:spiffe://x/ns/y","email:ops@example.test"],"#,
            r#""notAfter":"2027-02-22T10:50:44Z","notBefore":"2026-11-24T10:50:44Z","position":0,"selfIssued":true,"serial":"00","#,
            r#""signature":"SHA256-ECDSA","subject":"CN=api.example,O=Example\\, Inc.,C=DE"}"#
        )
    );
    assert_eq!(
        text(1),
        concat!(
            r#"{"at":"/data/tls.crt","ca":true,"issuer":"CN=rsa.example","keyBits":2048,"keyType":"RSA","names":[],"#,
            r#""notAfter":"2027-02-22T10:50:45Z","notBefore":"2026-11-24T10:50:45Z","position":1,"selfIssued":true,"serial":"0a3f","#,
            r#""signature":"SHA256-RSA","subject":"CN=rsa.example"}"#
        )
    );
    assert_eq!(rows.len(), 2);
}

#[test]
fn public_bundles_stay_and_have_facts_too() {
    let bundle = base64(RSA);
    let body = sealed(format!(
        r#"{{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{{"name":"h"}},
            "webhooks":[{{"name":"a.b.c","clientConfig":{{"caBundle":"{bundle}"}}}}]}}"#
    ));
    let row = &body.list(&["nachweis", "certificates"])[0];
    assert_eq!(row.text(&["at"]), Some("/webhooks/0/clientConfig/caBundle"));
    assert_eq!(body.list(&["webhooks"])[0].text(&["clientConfig", "caBundle"]), Some(&*bundle));
}

#[test]
fn what_is_no_certificate_gives_no_facts() {
    let cut = base64(&RSA[..600]);
    let long = base64(&"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".repeat(2000));
    let deep =
        base64(&format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", "MIAw".repeat(3000)));
    for value in ["", "AAAA", "MIIB", "%%%", &cut, &long, &deep] {
        let body = sealed(format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"t"}},"data":{{"tls.crt":"{value}","ca.crt":7}}}}"#
        ));
        assert_eq!(body.get("nachweis"), None, "{value}");
    }
}
