//! What the public interface promises, on small documents.

use nachweis_canon::{Json, Limits, parse};
use nachweis_cel::{Env, ErrorKind, Text, Value, compile};

fn json(text: &'static str) -> Json<'static> {
    parse(text, &Limits::OURS).unwrap().value
}

fn eval(source: &str, object: &Json<'_>) -> Result<String, (ErrorKind, usize)> {
    let env = Env::new(&["object", "related", "asOf"]);
    let program = compile(source, &env).unwrap_or_else(|errors| panic!("{source}: {errors:?}"));
    let vars = [Value::from(object), Value::Null, Value::timestamp(1_767_225_600, 0)];
    match program.eval(&vars) {
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err((error.kind, error.offset)),
    }
}

fn truth(source: &str, object: &Json<'_>) -> bool {
    match eval(source, object) {
        Ok(text) => text == "true",
        Err(error) => panic!("{source}: {error:?}"),
    }
}

#[test]
fn a_check_on_a_pod() {
    let pod = json(r#"{"spec":{"containers":[{"name":"a","securityContext":{"runAsNonRoot":true}}]}}"#);
    let check =
        "object.spec.containers.all(c, has(c.securityContext) && c.securityContext.runAsNonRoot == true)";
    assert!(truth(check, &pod));
    assert!(truth("object.spec.?initContainers.orValue([]).all(c, c.name == 'x')", &pod));
    assert!(truth("asOf - timestamp('2025-12-31T00:00:00Z') == duration('24h')", &pod));
    assert_eq!(eval("1 == 1 && object.spec.volumes == []", &pod), Err((ErrorKind::NoSuchKey, 21)));
}

#[test]
fn a_withheld_value_is_never_compared() {
    let secret =
        json(r#"{"a":"nachweis:withheld","b":"***HIDDEN***","c":"x","list":["c","nachweis:withheld"]}"#);
    let withheld = |source: &str| eval(source, &secret).unwrap_err().0 == ErrorKind::Withheld;
    for source in [
        "object.a == 'x'",
        "object['b'] != 'x'",
        "object.?a.hasValue()",
        "object.list[1]",
        "object.list.exists(s, s == 'q')",
        "object.list == ['c', 'd']",
        "object == object",
        "'q' in object.list",
        "object.list.map(s, s)",
        "object.list.filter(s, true)",
        "object.list.join()",
        "object.list + []",
        "[object] == [object]",
        "{'k': object.list}.k[1]",
        "object.a.size()",
        "type(object.a)",
        "object.exists(k, object[k] == 'nothing')",
    ] {
        assert!(withheld(source), "{source}: {:?}", eval(source, &secret));
    }
    for source in [
        "has(object.a)",
        "object.list.size() == 2",
        "object.size() == 4",
        "'c' in object.list",
        "object.all(k, k != '')",
        "object.a == 'x' || object.c == 'x'",
        "!(object.a == 'x' && object.c == 'y')",
        "object.list.exists(s, s == 'c')",
        "object.list.all(s, true)",
        "object.list != []",
    ] {
        assert!(truth(source, &secret), "{source}");
    }
}

#[test]
fn names_and_errors_have_places() {
    let env = Env::new(&["object", "params"]);
    let errors = compile("object.a == nope ||\n  alsoNope(1)", &env).unwrap_err();
    let places: Vec<_> = errors.iter().map(|error| (error.offset, error.line, error.column)).collect();
    assert_eq!(places, [(12, 1, 13), (30, 2, 11)]);
    let program =
        compile("related.pods.exists(params, params.x) && has(related.pdbs.y)", &Env::new(&["related"]));
    let program = program.unwrap();
    assert_eq!(program.related_names(), ["pdbs", "pods"]);
    assert!(program.uses("related") && !program.uses("params"));
    assert_eq!(program.source().len(), 60);
}

#[test]
fn numbers_of_documents_keep_their_type() {
    let doc = json(r#"{"one":1,"half":0.5,"whole":1.0,"big":123456789012345678901234567890}"#);
    assert!(truth(
        "type(object.one) == int && type(object.whole) == double && object.one == object.whole",
        &doc
    ));
    assert!(truth("type(object.big) == double && object.big > 1", &doc));
    assert_eq!(eval("object.one + object.half", &doc).unwrap_err().0, ErrorKind::NoOverload);
}

#[test]
fn maps_are_sorted() {
    let doc = json("{}");
    assert_eq!(eval("{'b': 1, 'a': 2, 'c': 3}.map(k, k)", &doc).unwrap(), r#"["a", "b", "c"]"#);
}

#[test]
fn deep_and_dear_sources_are_refused() {
    let env = Env::new(&["object"]);
    let sum = vec!["1"; 8_000].join("+");
    assert!(compile(&sum, &env).is_err());
    assert!(compile(&"(".repeat(50_000), &env).is_err());
    assert!(compile(&"[".repeat(50_000), &env).is_err());
    assert!(compile(&"!".repeat(99_999), &env).is_err());
    assert!(compile(&format!("{}true", "!".repeat(9_999)), &env).is_ok());
    assert!(compile(&"a".repeat(100_001), &env).is_err());
    let ands = vec!["true"; 6_000].join(" && ");
    assert!(compile(&ands, &env).is_ok());
    let list = "[0,1,2,3,4,5,6,7,8,9]";
    let nested = (0..7).fold("true".to_string(), |inner, level| format!("{list}.all(x{level}, {inner})"));
    let program = compile(&nested, &env).unwrap();
    assert_eq!(program.eval(&[]).unwrap_err().kind, ErrorKind::Cost);
    let caught = format!("true || {nested}");
    assert!(compile(&caught, &env).unwrap().eval(&[]).is_ok());
    let absorbed = format!("{nested} || true");
    assert_eq!(compile(&absorbed, &env).unwrap().eval(&[]).unwrap_err().kind, ErrorKind::Cost);
}

#[test]
fn memory_is_paid_for() {
    let env = Env::new(&["object"]).with_bindings();
    let doubled = (0..60).fold("x.size()".to_string(), |inner, _| format!("cel.bind(x, x + x, {inner})"));
    for start in ["'aaaaaaaaaa'", "b'aaaaaaaaaa'", "[1, 2, 3]"] {
        let program = compile(&format!("cel.bind(x, {start}, {doubled})"), &env).unwrap();
        assert_eq!(program.eval(&[]).unwrap_err().kind, ErrorKind::Cost, "{start}");
    }
}

#[test]
fn shared_elements_do_not_multiply_work() {
    let env = Env::new(&["object"]);
    let doc = json("{}");
    // A value of 2^200 leaves, of which every level is shared.
    let twice = "[[1]]".to_string() + &".map(x, [x, x])".repeat(200);
    let vast = format!("{twice} == {twice}");
    let error = compile(&vast, &env).unwrap().eval(&[Value::from(&doc)]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cost);
    for call in
        ["'%s'.format([dyn(X)])", "dyn(X).flatten(1000)", "[X].distinct() == [X]", "dyn(X) in [dyn(X)]"]
    {
        let program = compile(&call.replace('X', &twice), &env).unwrap();
        assert_eq!(program.eval(&[]).unwrap_err().kind, ErrorKind::Cost, "{call}");
    }
    let program = compile(&twice, &env).unwrap();
    assert!(program.eval(&[]).unwrap().to_string().chars().count() < 5_000);
    // Links of a chain that each nest deeply: deeper than the source.
    let link = format!(".optMap(x, {}x{})", "[".repeat(100), "]".repeat(100));
    let deep = format!("optional.of(dyn(1)){}", link.repeat(120));
    let error = compile(&deep, &env).unwrap().eval(&[]).unwrap_err();
    assert_eq!(error.message, "a value is nested too deeply");
    let patterns = "lists.range(100000).map(i, 'a'.matches('(a{50}){10}' + string(i)))";
    assert_eq!(compile(patterns, &env).unwrap().eval(&[]).unwrap_err().kind, ErrorKind::Cost);
}

#[test]
fn programs_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let program = compile("[1, 2]", &Env::new(&[])).unwrap();
    shared(&program);
    shared(&Value::Str(Text::Borrowed("x")));
}

#[test]
fn an_evaluation_can_be_explained() {
    let pod = json(r#"{"spec":{"hostNetwork":true,"nodeName":"n1"}}"#);
    let source = "object.spec.nodeName != '' && (object.spec.hostNetwork == false || object.spec.nope == 1)";
    let program = compile(source, &Env::new(&["object"])).unwrap();
    let steps = program.explain(&[Value::from(&pod)]);
    let shown: Vec<_> =
        steps.iter().map(|step| (&source[step.offset..step.end], step.text.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("object.spec.nodeName", "n1"),
            ("object.spec.nodeName != ''", "true"),
            ("object.spec.hostNetwork", "true"),
            ("object.spec.hostNetwork == false", "false"),
            ("object.spec.nope", "error: no such key: nope"),
            ("object.spec.nope == 1", "error: no such key: nope"),
            ("object.spec.hostNetwork == false || object.spec.nope == 1", "error: no such key: nope"),
            (source, "error: no such key: nope"),
        ]
    );
}
