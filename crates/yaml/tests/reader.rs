//! What a text gives: documents with their lines, and what is unread with place and reason.

use nachweis_yaml::{Limits, Reason, Shape, items, read};

/// Documents as `line-end:canonical`, the unread as `line:column reason`.
fn shown(text: impl AsRef<[u8]>) -> Vec<String> {
    read(text.as_ref(), &Limits::default())
        .map(|found| match found {
            Ok(document) => {
                let value = String::from_utf8(document.value.canonical()).expect("canonical bytes are UTF-8");
                format!("{}-{}:{value}", document.line, document.end_line)
            }
            Err(unread) => format!("{}:{} {}", unread.line, unread.column, unread.reason),
        })
        .collect()
}

#[test]
fn lines_of_documents() {
    assert_eq!(
        shown("# c\na: 1\n\n---\n\n# d\nb:\n- x\n\n\n---\nc: |\n  1\n  2\n"),
        ["2-2:{\"a\":1}", "7-8:{\"b\":[\"x\"]}", "12-14:{\"c\":\"1\\n2\\n\"}"]
    );
    assert_eq!(shown("{\"a\":1}\n{\n\"b\":2\n}\n"), ["1-1:{\"a\":1}", "2-4:{\"b\":2}"]);
    assert_eq!(shown("\u{feff}---\r\na: 1\r\n"), ["2-2:{\"a\":1}"]);
}

#[test]
fn a_bad_document_hides_no_other() {
    assert_eq!(
        shown("a: 1\n---\nb: [\n---\nc: 3\n--- d: 4\n---\ne: x: y\n---\nf: 6\n"),
        ["1-1:{\"a\":1}", "3:4 truncated", "6:1 yaml-syntax", "8:5 yaml-syntax", "10-10:{\"f\":6}"]
    );
    assert_eq!(
        shown("{\"a\":1}\n{\"b\":2}\n{\"c\":\n---\nd: 4\n"),
        ["1-1:{\"a\":1}", "2-2:{\"b\":2}", "4:2 json-syntax", "5-5:{\"d\":4}"]
    );
    assert_eq!(
        shown("{\"a\":1e999}\n{\"b\":\"\\ud800\"}{\"c\":3}"),
        ["1:6 number-range", "2:7 lone-surrogate", "2-2:{\"c\":3}"]
    );
}

#[test]
fn what_kubectl_drops_is_told() {
    assert_eq!(
        shown("a: 1\n...\nb: 2\n---\nc: 3\n"),
        ["1-2:{\"a\":1}", "3:1 after-document", "5-5:{\"c\":3}"]
    );
    assert_eq!(shown("---\n{\"a\":1}\n{\"b\":2}\n"), ["2-2:{\"a\":1}", "3:1 after-document"]);
    assert_eq!(shown("a: 1\n...\n# c\n...\n\n"), ["1-4:{\"a\":1}"]);
    assert_eq!(shown("...\na: 1\n"), ["1:1 yaml-syntax"]);
}

#[test]
fn nothing_is_nothing() {
    for text in ["", "\n", "---\n---\n", "# c\n", "null\n", "~", "---\n...\n", "\u{feff}", "  \n"] {
        assert_eq!(shown(text), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn cipher_text_and_binaries() {
    let cases: [(&[u8], &str); 11] = [
        (b"\0GITCRYPT\0abc", "1:1 git-crypt"),
        (b"age-encryption.org/v1\n-> X25519 x\n", "1:1 age"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\nabc\n", "1:1 age"),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc\n", "1:1 pgp"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n6162\n", "1:1 ansible-vault"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "1:1 git-lfs"),
        (b"\x1f\x8b\x08\0", "1:1 binary"),
        (b"a: 1\nb: \0\n", "2:4 binary"),
        (b"a: \x07\n", "1:4 yaml-syntax"),
        (
            b"kind: Secret\ndata: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: 'ENC[x]', version: 3.9.0}\n",
            "1:1 sops",
        ),
        (b"{\"data\":\"ENC[x]\",\"sops\":{\"mac\":\"ENC[x]\",\"version\":\"3.9.0\"}}", "1:1 sops"),
    ];
    for (text, expected) in &cases {
        assert_eq!(shown(text), [*expected], "{:?}", String::from_utf8_lossy(text));
    }
    // A SealedSecret is an object like others.
    assert_eq!(shown("kind: SealedSecret\nspec: {encryptedData: {a: AgB}}\n").len(), 1);
    assert!(!shown("kind: SealedSecret\n")[0].contains("sops"));
}

#[test]
fn templates() {
    for text in [
        "{{- if .Values.x }}\na: 1\n{{- end }}\n",
        "a: {{ .Values.x }}\n",
        "a:\n  {{- toYaml . | nindent 2 }}\n",
        "{% if x %}\na: 1\n{% endif %}\n",
        "kind: X\nmetadata: {name: '{{ x }}'}\n",
        "kind: X\nspec: {image: \"{{ .Values.image }}:{{ .Chart.AppVersion }}\"}\n",
        "kind: X\nspec: {a: '{{ include \"x\" . }}'}\n",
    ] {
        assert!(shown(text)[0].ends_with("helm-template"), "{text}: {:?}", shown(text));
    }
    for text in [
        "kind: PrometheusRule\nspec: {summary: 'pod {{ $labels.pod }} is down'}\n",
        "kind: AlertmanagerConfig\nspec: {title: '{{ template \"slack.title\" . }}'}\n",
        "kind: ApplicationSet\nspec: {template: {metadata: {name: '{{path.basename}}'}}}\n",
        "kind: ConfigMap\ndata:\n  values.yaml: |\n    a: {{ .Values.x }}\n",
    ] {
        assert!(shown(text)[0].starts_with("1-"), "{text}: {:?}", shown(text));
    }
}

#[test]
fn duplicates_have_lines() {
    let text =
        "# c\na: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n---\nx: &x {k: 1}\ny: {<<: *x, k: 2}\n1: a\n\"1\": b\n";
    let documents: Vec<_> = read(text.as_bytes(), &Limits::default()).map(Result::unwrap).collect();
    let duplicates: Vec<Vec<(usize, &str)>> =
        documents.iter().map(|d| d.duplicates.iter().map(|d| (d.line, &*d.key)).collect()).collect();
    assert_eq!(duplicates, [vec![(6, "c"), (7, "a")], vec![(12, "1")]]);
    let json: Vec<_> =
        read(b"{\"a\":1}\n\n{\"b\":\n{\"c\":1,\"c\":2}}", &Limits::default()).map(Result::unwrap).collect();
    assert_eq!(json[1].duplicates[0].line, 4);
}

#[test]
fn limits_name_the_place() {
    let limits = Limits { document_bytes: 40, depth: 3, alias_nodes: 3 };
    let reasons = |text: &str| -> Vec<(usize, Option<Reason>)> {
        read(text.as_bytes(), &limits)
            .map(|found| found.map_or_else(|u| (u.line, Some(u.reason)), |d| (d.line, None)))
            .collect()
    };
    let long = "x".repeat(50);
    assert_eq!(reasons(&format!("a: {long}\n---\nb: 1\n")), [(1, Some(Reason::TooLarge)), (3, None)]);
    assert_eq!(
        reasons(&format!("{{\"a\":\"{long}\"}}\n{{\"b\":1}}")),
        [(1, Some(Reason::TooLarge)), (2, None)]
    );
    assert_eq!(
        reasons("a: [[1]]\n---\na: [[[1]]]\n---\nb: 1\n"),
        [(1, None), (3, Some(Reason::TooDeep)), (5, None)]
    );
    assert_eq!(reasons("[[[1]]]\n[[[[1]]]]\n[1]"), [(1, None), (2, Some(Reason::TooDeep)), (3, None)]);
    assert_eq!(reasons("- &a [1]\n- *a\n"), [(1, None)]);
    assert_eq!(reasons("- &a [1]\n- *a\n- *a\n"), [(3, Some(Reason::AliasBomb))]);
    // The limit on depth counts what an alias brings along.
    assert_eq!(reasons("- &a [1]\n- [[*a]]\n"), [(2, Some(Reason::TooDeep))]);
}

#[test]
fn elements_of_large_texts() {
    let limits = Limits::default();
    let text =
        b"{\"apiVersion\":\"v1\",\"items\":[\n{\"a\":1},\n{\"b\":{\"c\":1,\"c\":2}}],\"kind\":\"List\"}\n";
    let wrapped = items(text, &limits).unwrap().unwrap();
    assert_eq!((wrapped.shape, wrapped.len), (Shape::List, 2));
    assert_eq!(
        nachweis_canon::Json::Obj(wrapped.wrapper).canonical(),
        b"{\"apiVersion\":\"v1\",\"kind\":\"List\"}"
    );
    let elements: Vec<_> = wrapped.items.map(Result::unwrap).collect();
    assert_eq!(elements.iter().map(|e| (e.line, e.end_line)).collect::<Vec<_>>(), [(2, 2), (3, 3)]);
    assert_eq!(elements[1].duplicates[0].line, 3);
    assert_eq!(elements[1].value.canonical(), b"{\"b\":{\"c\":2}}");

    let map =
        items(b"{\"x/y\":{\"kind\":\"Pod\"},\"z\":{\"n\":1e999},\"\\u0061\":{}}", &limits).unwrap().unwrap();
    assert_eq!((map.shape, map.len), (Shape::Map, 3));
    let elements: Vec<_> = map.items.collect();
    assert_eq!(elements[0].as_ref().unwrap().key.as_deref(), Some("x/y"));
    assert_eq!(elements[1].as_ref().unwrap_err().reason, Reason::NumberRange);
    assert_eq!(elements[1].as_ref().unwrap_err().column, 32);
    assert_eq!(elements[2].as_ref().unwrap().key.as_deref(), Some("a"));

    let array = items(b" [1, {\"a\":2}] ", &limits).unwrap().unwrap();
    assert_eq!((array.shape, array.items.count()), (Shape::Array, 2));
}

#[test]
fn other_texts_have_no_elements() {
    for text in [
        "",
        "a: 1\n",
        "{}",
        "{\"kind\":\"Pod\",\"metadata\":{}}",
        "{\"a\":{}}{\"b\":{}}",
        "{\"a\":1}",
        "{\"items\":[{\"a\":1}",
        "{\"items\":5}",
        "[1] x",
        "{\"items\":[1]}\n---\n",
    ] {
        assert!(items(text.as_bytes(), &Limits::default()).is_none(), "{text}");
    }
}

#[test]
fn codes_are_unique() {
    let codes: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
}
