//! What random pairs with the second evaluator found.

use nachweis_cel::{Env, ErrorKind, Value, compile};

use nachweis_canon::{Limits, parse};

#[test]
fn members_are_no_functions_and_documents_no_exception() {
    let document = parse(r#"{"a":"10.0.0.1","m":{"b":1},"l":["x"]}"#, &Limits::OURS).unwrap().value;
    for (source, expected) in [
        // `ip` of a network is a member, `ip` of a text a function.
        ("ip(dyn(cidr('10.0.0.0/8')))", ErrorKind::NoOverload),
        ("object.a.ip()", ErrorKind::NoOverload),
        // A map gives a list of keys to the macro, and is no list itself.
        ("object.m.sortBy(x, x)", ErrorKind::NoOverload),
        // Own types of Kubernetes refuse to be compared with others, in a document as well.
        ("dyn(quantity('1')) == object.l", ErrorKind::NoOverload),
        ("dyn(ip('::1')) == object.a", ErrorKind::NoOverload),
    ] {
        let program = compile(source, &Env::new(&["object"])).unwrap();
        let found = program.eval(&[Value::from(&document)]).map(|value| value.type_name().to_string());
        assert_eq!(found.map_err(|error| error.kind), Err(expected), "{source}");
    }
}
